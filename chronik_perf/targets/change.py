"""What is between the base and the head of a change: where it began, what it accepts, how it edits its own gate."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import METRICS, NEVER_ACCEPTED, BadInput
from chronik_perf.targets.described import own_manifest, present_manifest
from chronik_perf.targets.git import Repository, git
from chronik_perf.targets.manifest import NAME, Gate

TRAILER = "Perf-Accept"
# A line that is meant to be one, whether or not git calls it a trailer.
_MEANT = re.compile(r"^(perf-accepts?)\s*:(.*)$", re.IGNORECASE)
_SHOWN = 80  # letters of such a line
# A head that is no commit: the tree as it lies there, on top of HEAD.
WORKTREE = "worktree:"
# What CI systems say of the branch or commit that a change is to be merged into.
_BASES = (
    ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "{}"),
    ("GITHUB_BASE_REF", "origin/{}"),
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One waiver: a metric (or metric@workload), and its reason with the commit whose message gives it."""

    metric: str
    reason: str


def base_of(repository: Repository, head: str) -> str:
    """Give the commit at which a change left what it is to be merged into; HEAD itself may be it for `worktree:`.

    Raises BadInput where nothing tells that.
    """
    tip = _commit(repository, head)
    named = [form.format(os.environ[name]) for name, form in _BASES if os.environ.get(name)]
    # Where CI names the branch, another one would be judged by another gate: that it was not fetched is then said.
    for ref in named or ("origin/HEAD", "origin/main", "origin/master"):
        onto = repository.commit_of(ref)
        base = git(repository.root, "merge-base", onto, tip) if onto else None
        if base and (base != tip or head == WORKTREE):
            return base
    if head == WORKTREE and not named:
        return tip
    parent = repository.commit_of(f"{tip}^")
    if parent and not named:
        return parent
    raise BadInput(
        f"nothing tells what {head} is to be compared with (its history may not have been fetched: fetch-depth: 0); "
        "name the base: perf gate BASE HEAD"
    )


def last_release(repository: Repository, head: str) -> str:
    """Give the newest tag that a commit's history holds, its own aside. Raises BadInput if there is none."""
    found = git(repository.root, "describe", "--tags", "--abbrev=0", f"{_commit(repository, head)}^")
    if not found:
        raise BadInput(f"{head} has no tag in its history, so there is no last release to compare it with")
    return found


def accepted(repository: Repository, base: str, head: str) -> tuple[list[Accepted], list[str]]:
    """Read the trailers `Perf-Accept: METRIC REASON` of the commits from base to head, the newest first.

    Beside the waivers, give a sentence on each that waives nothing: of a metric that there is not, of lost messages,
    without a reason, and on each line that looks like one and that git calls no trailer. A commit that is history can
    no longer be mended, so none of that stops the gate.
    """
    span = f"{_commit(repository, base)}..{_commit(repository, head)}"
    # With -z a commit ends in a zero byte, as its fields do: no message can hold one.
    fields = f"%H%x00%B%x00%(trailers:key={TRAILER},valueonly,unfold)"
    parts = (git(repository.root, "log", "-z", f"--format={fields}", span) or "").split("\0")
    waivers: list[Accepted] = []
    void: list[str] = []
    for commit, message, text in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        trailers = [trailer.strip() for trailer in text.split("\n")[:-1]]
        for trailer in trailers:
            read = _read(commit, trailer)
            if isinstance(read, Accepted):
                waivers.append(read)
            else:
                void.append(read)
        void += _strays(commit, message, trailers)
    return waivers, void


def gate_of(repository: Repository, ref: str) -> Gate:
    """Give the gate that a version's own perf.toml sets, whether or not it can be. BadInput for a broken file."""
    manifest = (
        present_manifest(repository, f"{NAME} of the present tree")
        if ref == WORKTREE
        else own_manifest(repository, _commit(repository, ref), ref)
    )
    return manifest.gate if manifest else Gate()


def own_gate_edited(repository: Repository, base: str, head: str) -> tuple[Gate, list[str]]:
    """Give the base's gate, which holds, and say in sentences what the head would change in it."""
    gate, wanted = (gate_of(repository, ref) for ref in (base, head))
    edits = [
        f"{title} from {was or 'the default'} to {is_now or 'the default'}"
        for title, was, is_now in _differences(gate, wanted)
    ]
    return gate, [f"the change edits its own gate: {edit}; the base's holds here" for edit in edits]


def baseline_edited(repository: Repository, name: str, head: str) -> list[str]:
    """Say so if a change edits the baseline that it is compared with, and by that what it has to be as good as."""
    unknown = f"it cannot be told whether the change edits the baseline {name!r} that it is compared with"
    try:
        began = base_of(repository, head)
    except BadInput as error:
        return [f"{unknown}: {error}"]
    # Against the present tree, from which the baseline is read.
    files = git(repository.root, "diff", "--name-only", "--no-renames", began, "--", "baselines")
    if files is None:
        return [f"{unknown}: git does not compare the present tree with {began[:12]}"]
    return [
        f"the change edits the baseline that it is compared with: {file}"
        for file in files.splitlines()
        # A link may lead to another file of that name.
        if Path(file).name == f"{name}.json" or (repository.root / file).is_symlink()
    ]


def _differences(gate: Gate, wanted: Gate) -> list[tuple[str, str, str]]:
    pairs = [
        ("workloads", ", ".join(gate.workloads), ", ".join(wanted.workloads)),
        ("budget", gate.budget, wanted.budget),
        *(
            (f"the threshold of {key}", gate.thresholds.get(key, ""), wanted.thresholds.get(key, ""))
            for key in sorted({*gate.thresholds, *wanted.thresholds})
        ),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _read(commit: str, trailer: str) -> Accepted | str:
    key, *rest = trailer.split(maxsplit=1) or [""]
    reason = "".join(rest)
    name = key.partition("@")[0]
    where = f"the trailer {TRAILER!r} of {commit[:10]} waives nothing"
    if name not in {m.name for m in METRICS}:
        return f"{where}: there is no metric {key!r}; there are {', '.join(m.name for m in METRICS)}"
    if name in NEVER_ACCEPTED:
        return f"{where}: lost or doubled messages cannot be accepted"
    if not re.search(r"\w", reason):
        return f"{where}: it gives no reason; write it as {TRAILER}: {key} REASON"
    return Accepted(key, f"{reason.strip()} ({commit[:10]})")


def _strays(commit: str, message: str, trailers: list[str]) -> list[str]:
    """Say of each line of a message that looks like a trailer of ours and is none that it waives nothing, and why."""
    left, told = list(trailers), []
    # From the end, where trailers are. A trailer that goes over several lines begins as its first line does.
    for line in reversed(message.split("\n")):
        found = _MEANT.match(line)
        if found is None:
            continue
        called = found[1].lower() == TRAILER.lower()
        own = next((t for t in left if called and t.startswith(found[2].strip())), None)
        if own is not None:
            left.remove(own)
            continue
        short = line.strip() if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
        why = (
            "git takes trailers from the last paragraph of a message alone, where nothing else stands; put it there"
            if called
            else f"the trailer is called {TRAILER}; write it so, in the last paragraph of the message"
        )
        told.append(f"the line {short!r} of {commit[:10]} waives nothing: {why}")
    return told[::-1]


def _commit(repository: Repository, ref: str) -> str:
    commit = repository.commit_of("HEAD" if ref == WORKTREE else ref)
    if commit is None:
        raise BadInput(f"there is no version {ref!r} in {repository.root}")
    return commit
