"""Carries out `perf gate`: what the change is, and what it may not decide for itself."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.cli.options import seconds, thresholds
from chronik_perf.cli.saying import say
from chronik_perf.cli.work import comparing, notifying
from chronik_perf.model import BadInput, Design, Outcome, Workload, judged
from chronik_perf.stats.planning.design import check_names
from chronik_perf.targets import find
from chronik_perf.targets.baseline import PREFIX as BASELINE
from chronik_perf.targets.change import (
    TRAILER,
    WORKTREE,
    Accepted,
    accepted,
    base_of,
    baseline_edited,
    gate_of,
    last_release,
    own_gate_edited,
)
from chronik_perf.targets.git import Repository, find_repository
from chronik_perf.targets.manifest import NAME, Gate

# Of a budget that holds the blocks of two workloads and no more.
SHORT_S = 90.0


@dataclass(frozen=True, slots=True)
class Change:
    """A base and a head, the gate that the base has set, what the commits between accept, and what is announced."""

    base: str
    head: str
    gate: Gate
    accepted: tuple[Accepted, ...]
    announced: tuple[str, ...]


def change(base: str | None, head: str, since_release: bool, repo: Path | None) -> Change:
    """Find out what is to be compared, by what rules. Raises BadInput where nothing tells."""
    repository = find_repository(repo)
    if repository is None and base is None:
        raise BadInput(
            "perf gate finds the base of a change in a repository with a perf.toml; name it: perf gate BASE HEAD"
        )
    names = [name for name in (base, head) if name is not None]
    refs = {} if repository is None else {name: _ref(name, repository) for name in names}
    strangers = [name for name, ref in refs.items() if ref is None]
    if repository is None or (base is not None and strangers):
        # Releases and commands are compared too, by the default rules; what is none of them is refused later.
        announced = []
        if strangers:
            announced = [f"{' and '.join(strangers)} is no ref of this repository, so the default gate holds"]
        if repository is not None and base is not None:
            announced += _baseline_edits(repository, base, refs[head] or head)
        return Change(base or head, head, Gate(), (), tuple(announced))
    tip = refs[head] or head
    found = base or (last_release if since_release else base_of)(repository, tip)
    between = refs.get(found) or found, tip
    gate, edits = own_gate_edited(repository, *between)
    waivers, void = accepted(repository, *between)
    edits += _baseline_edits(repository, found, tip)
    edits += _refused_later(gate_of(repository, tip), head)
    return Change(found, head, gate, tuple(waivers), (*edits, *void))


def _refused_later(gate: Gate, head: str) -> list[str]:
    """Say so if the gate that the head sets cannot be: the base's holds now, and it would be found out afterwards."""
    try:
        _rules(gate, None, 0, head)
    except BadInput as error:
        return [f"the head's own gate would be refused once it is merged: {error}"]
    return []


def _rules(
    gate: Gate, budget_s: float | None, seed: int | None, ref: str
) -> tuple[tuple[Workload, ...], Design]:
    """Give what a gate measures, and how; a budget that was asked for goes before its own.

    Raises BadInput, which names the file and the section, for a gate that cannot be.
    """
    try:
        if budget_s is None and gate.budget:
            budget_s = seconds("budget", gate.budget)
        quick = budget_s is not None and budget_s <= SHORT_S
        limits = thresholds([f"{key}={value}" for key, value in gate.thresholds.items()])
        loads = comparing.workloads(quick, list(gate.workloads))
        plan = comparing.design(quick, seed, None, None, limits, budget_s)
        check_names(plan, loads)
    except BadInput as error:
        raise BadInput(f"[gate] of the {NAME} of {_shown(ref)}: {error}") from None
    return loads, plan


def _baseline_edits(repository: Repository, base: str, tip: str) -> list[str]:
    return baseline_edited(repository, base.removeprefix(BASELINE), tip) if base.startswith(BASELINE) else []


def _ref(name: str, repository: Repository) -> str | None:
    """Give what git calls a version: a ref as it is, a stored version by its commit; None for what is neither.

    Raises BadInput for a name that stands for nothing.
    """
    if name == WORKTREE or repository.commit_of(name) is not None:
        return name
    return find(name, repository=repository.root).commit


def carry_out(
    what: Change,
    budget_s: float | None,
    seed: int | None,
    out: Path | None,
    profiles: bool,
    repo: Path | None,
    netns: bool,
    wait: bool,
) -> Outcome:
    """Measure, judge and report. Raises as `comparing.begun` does, and BadInput for a base's gate that cannot be."""
    say(f"the base is {_shown(what.base)}, and the change {_shown(what.head)}")
    command = _command(what, budget_s, profiles, repo, netns)
    loads, plan = _rules(what.gate, budget_s, seed, what.base)
    waived = {a.metric: a.reason for a in reversed(what.accepted)}
    plan = dataclasses.replace(plan, accepted=waived, network_namespaces=netns)
    announced = (*what.announced, *_void(waived, loads))
    notifying.forget_failure(out)
    with comparing.begun(
        (_shown(what.base), {}),
        (_shown(what.head), {}),
        loads,
        plan,
        None,
        out,
        None,
        False,
        wait,
        command,
        repo,
        notes=tuple(f"{sentence[0].upper()}{sentence[1:]}." for sentence in announced),
        resumable=False,
    ) as job:
        comparison, verdict = comparing.carry_out(job, profiles)
        notifying.told(comparison, verdict)
    return verdict.outcome


def _void(waived: Mapping[str, str], loads: tuple[Workload, ...]) -> list[str]:
    """Say of each waiver that no row of this run answers to that it waives nothing here."""
    rows = {(m.name, w.name) for m, w, role in judged(loads) if role != "evidence"}
    known = {name for m, w in rows for name in (m, f"{m}@{w}")}
    return [
        f"the trailer {TRAILER}: {key} waives nothing here: this run judges no such row, but "
        f"{', '.join(sorted(f'{m}@{w}' for m, w in rows))}"
        for key in waived
        if key not in known
    ]


def _shown(name: str) -> str:
    """Shorten a commit to what people read; any other name stays."""
    return name[:12] if len(name) == 40 and set(name) <= set("0123456789abcdef") else name


def _command(what: Change, budget_s: float | None, profiles: bool, repo: Path | None, netns: bool) -> str:
    """Give the words that measure the same again, wherever this call had them from: options, variables, the history."""
    words = ["perf", "gate", _shown(what.base), _shown(what.head)]
    words += ["--budget", f"{budget_s:g}s"] if budget_s is not None else []
    words += [] if profiles else ["--no-profiles"]
    words += ["--repo", str(repo)] if repo is not None else []
    words += ["--netns"] if netns else []
    return shlex.join(words)
