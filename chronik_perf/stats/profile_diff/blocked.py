"""What only the candidate waits in: a call that holds up the thread that does the work, and threads that are new.

A wall profile counts what waits as what works. Everything in it grows where less is stored a second, so only calls
that the base never made are told here.
"""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.stats.profile_diff.entry import PASSED_ON, Grown, entries
from chronik_perf.stats.profile_diff.figures import DiffNode, ProfileDifference

# Of the thread's time. A new call that takes less does not hold up what the thread serves.
LEAST_SHARE = 0.2
# A call that uses the CPU for most of its time is work, and told as that.
WORKS = 0.5


@dataclass(frozen=True, slots=True)
class Blocked:
    """A call that only the candidate makes, and the part of its thread's time that it takes."""

    call: Grown
    thread: str
    share: float


def blocking(cpu: ProfileDifference, wall: ProfileDifference) -> tuple[Blocked, ...]:
    """Give the new calls in which the candidate's busiest thread waits, the longest first."""
    busiest = max(cpu.root.children, key=lambda thread: thread.candidate_us, default=None)
    thread = next((t for t in wall.root.children if busiest is not None and t.name == busiest.name), None)
    if busiest is None or thread is None or thread.base_samples == 0:
        return ()
    worked_us: dict[str, float] = {}
    _add_up(busiest, worked_us)
    found = [
        Blocked(_as_grown(call), thread.name, call.candidate_us / thread.candidate_us)
        for call in entries(thread)
        if call.base_samples == 0
        and call.candidate_us >= LEAST_SHARE * thread.candidate_us
        and worked_us.get(call.name, 0.0) < WORKS * call.candidate_us
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def new_threads(wall: ProfileDifference) -> tuple[Grown, ...]:
    """Give the functions that threads begin in which only the candidate has, those with the most time first.

    A thread begins in functions of the runtime that other threads have, too: the first that the base has in no thread
    is told, and its innermost where there is none.
    """
    known: set[str] = set()
    _seen(wall.root, known)
    found = []
    for thread in wall.root.children:
        if thread.base_samples == 0 and thread.state == "grew" and thread.children:
            path = _only_path(thread)
            found.append(_as_grown(next((node for node in path if node.name not in known), path[-1])))
    return tuple(found)


def _only_path(thread: DiffNode) -> list[DiffNode]:
    """Give the frames that a thread is in for nearly all of its time, the outermost first."""
    path = [thread.children[0]]
    while path[-1].children and path[-1].children[0].candidate_us >= PASSED_ON * path[-1].candidate_us:
        path.append(path[-1].children[0])
    return path


def _seen(node: DiffNode, names: set[str]) -> None:
    for child in node.children:
        if child.base_samples:
            names.add(child.name)
            _seen(child, names)


def _as_grown(node: DiffNode) -> Grown:
    return Grown(node.name, node.delta_us, node.interval_us, whole=True)


def _add_up(node: DiffNode, us: dict[str, float]) -> None:
    for child in node.children:
        us[child.name] = us.get(child.name, 0.0) + child.candidate_us
        _add_up(child, us)
