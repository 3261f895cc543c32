"""Goes on with a run of `perf compare`: more blocks of the same versions, loads and machine, or none."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.cli.clients import NO_FILE, Clients, same_clients
from chronik_perf.cli.saying import say
from chronik_perf.cli.work.comparing import Job, kept, place_for
from chronik_perf.cli.work.namespaces import check_namespaces
from chronik_perf.experiment import Place, machine_lock
from chronik_perf.model import BadInput, Comparison, Design, Environment, Target, Workload, differing_field
from chronik_perf.stats import DesignPower, design_check
from chronik_perf.store import RunFolder, load
from chronik_perf.targets import cache, provenance
from chronik_perf.targets.secrets import with_secrets


@contextlib.contextmanager
def resumed(
    path: Path,
    names: tuple[str | None, str | None],
    asked: tuple[Workload, ...] | None,
    blocks: int | None,
    budget_s: float | None,
    data_dir: Path | None,
    allow_tmpfs: bool,
    clients: Clients,
    wait: bool,
    command: str,
) -> Iterator[Job]:
    """Go on with an earlier run. What is asked for again (versions, workloads) must be what the run has.

    Raises BadInput where it is not, or where the run is of another machine or of other code.
    """
    folder = RunFolder.open(path)
    # What cannot be is said at once, and not when the machine is free.
    _planned(_checked(path, names, asked, clients), blocks, budget_s)
    with machine_lock(wait, say), kept(folder, own=()):
        earlier = _checked(path, names, asked, clients)  # the call that was waited for may have added to it
        plan, power = _planned(earlier, blocks, budget_s)
        place = place_again(folder, earlier, data_dir, allow_tmpfs, clients)
        say(power.sentence)
        commands = f"{earlier.command}\n{command}"
        notes = tuple(dict.fromkeys((*earlier.notes, *_same_process(earlier))))
        grown = dataclasses.replace(earlier, design=plan, command=commands, complete=False, notes=notes)
        yield Job(grown, folder, place)


def _checked(
    path: Path, names: tuple[str | None, str | None], asked: tuple[Workload, ...] | None, clients: Clients
) -> Comparison:
    """Give the run as it is now, if it is what is asked for and can be gone on with. Raises BadInput if not."""
    earlier = load(RunFolder.open(path).path)
    for given, had in zip(names, (earlier.base.name, earlier.candidate.name), strict=True):
        if given is not None and given != had:
            raise BadInput(
                f"{path} compares {earlier.base.name} with {earlier.candidate.name}, not {given}; leave the names away"
            )
    if asked is not None:
        _same_workloads(path, earlier.workloads, asked)
    same_clients(path, earlier.design, clients)
    return with_same_code(path, earlier)


def with_same_code(path: Path, earlier: Comparison) -> Comparison:
    """Give a run that blocks can be added to, its secrets read again. Raises BadInput if its code is another by now."""
    if earlier.design.network_namespaces:
        check_namespaces()
    for target in (earlier.base, earlier.candidate):
        _same_code(path, target)
    return dataclasses.replace(
        earlier, base=with_secrets(earlier.base), candidate=with_secrets(earlier.candidate)
    )


def place_again(
    folder: RunFolder,
    earlier: Comparison,
    data_dir: Path | None = None,
    allow_tmpfs: bool = False,
    clients: Clients = NO_FILE,
) -> Place:
    """Give where more of a run's blocks are measured. Raises BadInput if machine or clients are others by now."""
    starts = not all(target.runs_already for target in (earlier.base, earlier.candidate))
    place = place_for(folder, earlier.workloads, data_dir, allow_tmpfs, starts, clients)
    try:
        same_surroundings(folder.path, earlier.environment, place.environment)
    except BadInput:
        shutil.rmtree(place.data_root, ignore_errors=True)
        raise
    return place


def _planned(earlier: Comparison, blocks: int | None, budget_s: float | None) -> tuple[Design, DesignPower]:
    """Give the plan of more blocks, and what all of them together can tell. Raises BadInput if that is nothing."""
    more = blocks or earlier.design.blocks
    plan = dataclasses.replace(earlier.design, blocks=more, budget_s=budget_s or earlier.design.budget_s)
    if earlier.profiles:
        # A long profile that was taken stays, and what is added is time for blocks.
        plan = dataclasses.replace(plan, cpu_profile_s=None)
    in_all = dataclasses.replace(plan, blocks=len(earlier.kept_blocks) + more)
    return plan, design_check(in_all, earlier.workloads)


def same_surroundings(path: Path, had: Environment, has: Environment) -> None:
    """Refuse (BadInput) to add blocks to a run of another machine, or of another version of a client library."""
    if had.fingerprint != has.fingerprint:
        raise BadInput(
            f"{path} was measured on another machine, and blocks of two machines do not add up; start a new run here"
        )
    if had.clients != has.clients:
        was, is_now = (
            ", ".join(f"{name} {version}" for name, version in e.clients.items()) for e in (had, has)
        )
        raise BadInput(
            f"{path} was measured with {was or 'clients that it does not name'}, and here is {is_now}; a client alone "
            "can move every number, so install that one, or start a new run"
        )


def _same_process(earlier: Comparison) -> Iterator[str]:
    """Say of each broker that ran already what cannot be checked."""
    for name in dict.fromkeys(t.name for t in (earlier.base, earlier.candidate) if t.runs_already):
        yield (
            f"blocks were added later (--resume), and whether it was still the same process of {name} is not known"
        )


def _same_code(path: Path, target: Target) -> None:
    """Refuse to add blocks of other code to a run, and keep a build in the cache until this process ends.

    Raises BadInput; a command's code is its owner's affair.
    """
    had = target.provenance
    if had.source in ("command", "running"):
        return
    if had.source == "worktree":
        raise BadInput(
            f"{path} measured a present tree, which may have changed since; commit it, and compare the commit "
            "in a new run"
        )
    if had.source == "git":
        key = cache.key_of_tree(Path(target.cwd or ""))
        if key is None or not cache.in_use(key, target.name, say):
            raise BadInput(
                f"the build of {target.name} is not in the cache of builds at {cache.cache_root()} any more (perf "
                "cache list), and a new one need not be the same; start a new run"
            )
        return
    now = provenance()
    if now != had:
        was, is_now = (
            f"{p.source} {p.commit or p.detail}{' (dirty)' if p.dirty else ''}" for p in (had, now)
        )
        raise BadInput(
            f"{path} measured {target.name} from {was}, and here is {is_now}; blocks of different code do not add "
            "up, so start a new run"
        )


def _same_workloads(path: Path, had: tuple[Workload, ...], asked: tuple[Workload, ...]) -> None:
    if [w.name for w in had] != [w.name for w in asked]:
        raise BadInput(
            f"{path} measured the workloads {', '.join(w.name for w in had)} and not "
            f"{', '.join(w.name for w in asked)}; different workloads are never compared"
        )
    for left, right in zip(had, asked, strict=True):
        if difference := differing_field(left, right):
            raise BadInput(f"workload {left.name} of {path} is another one: {difference}; start a new run")
