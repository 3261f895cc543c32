"""What only the candidate was ever seen in: code, a call that holds up the thread that does the work, and threads.

A function counts as new where the base was never seen in it, whoever calls it. A wall profile counts what waits as what
works, and everything in it grows where less is stored a second, so of waits nothing but what is new is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chronik_perf.stats.profile_diff.entry import MINOR, PASSED_ON, Grown, passed_on, under_another_name
from chronik_perf.stats.profile_diff.figures import DiffNode, ProfileDifference, parted
from chronik_perf.stats.profile_diff.tree import POOLED

# Of the thread's time. A new call that takes less does not hold up what the thread serves.
LEAST_SHARE = 0.2
# A call that uses the CPU for most of its time is work, and told as that: half as much of it as what else works there.
WORKS = 0.5
ENOUGH = 10  # samples of a call in both profiles, before its share of CPU stands for what works


@dataclass(frozen=True, slots=True)
class Blocked:
    """A call that only the candidate makes, and the part of its thread's time that it takes."""

    call: Grown
    thread: str
    share: float


def only_there(difference: ProfileDifference) -> tuple[Grown, ...]:
    """Give the calls to functions that the base was never seen in and the candidate more than by chance.

    Each is the outermost of its path and counts with all that it calls; the most time comes first. An override is among
    them, whose cost has moved to it: what it calls may be no news, but that it is there is.
    """
    known, threads = _seen_in_base(difference), difference.root.children
    found = [_as_grown(new.call) for thread in threads for new in _new_calls(thread, None, known)]
    return tuple(sorted(found, key=lambda one: -one.us))


def blocking(cpu: ProfileDifference, wall: ProfileDifference) -> tuple[Blocked, ...]:
    """Give the new calls in which the candidate's busiest thread waits, the longest first.

    An override of one in which the base waited, too, is not new.
    """
    busiest = max(cpu.root.children, key=lambda thread: thread.candidate_us, default=None)
    thread = next((t for t in wall.root.children if busiest is not None and t.name == busiest.name), None)
    if busiest is None or thread is None or thread.base_samples == 0:
        return ()
    known, found = _seen_in_base(wall), []
    least = WORKS * _cpu_of_work(thread, busiest, known)
    for new in _new_calls(thread, busiest, known):
        share = new.call.candidate_us / thread.candidate_us
        works = new.on_cpu is not None and new.on_cpu.candidate_us >= least * new.call.candidate_us
        if share >= LEAST_SHARE and new.before_us / thread.base_us <= MINOR * share and not works:
            found.append(Blocked(_as_grown(new.call), thread.name, share))
    return tuple(sorted(found, key=lambda one: -one.share))


def _cpu_of_work(wall: DiffNode, cpu: DiffNode, known: set[str]) -> float:
    """Give the part of its time for which what works in a thread of the candidate is on the CPU, at most 1.

    It is below 1 on a machine that others use, too, and where a profiler stops the thread: what waits for the CPU is in
    a wall profile like what waits for a disk. Told by that call which is on it most of all that the base makes, too.
    """
    shares, pending = [], [(wall, cpu)]
    while pending:
        waits, works = pending.pop()
        beside = {call.name: call for call in works.children}
        for call in waits.children:
            if call.name in known and call.name in beside:
                on_it = beside[call.name]
                pending.append((call, on_it))
                if min(call.candidate_samples, on_it.candidate_samples) >= ENOUGH:
                    shares.append(on_it.candidate_us / call.candidate_us)
    return min(1.0, max(shares, default=1.0))


def new_threads(wall: ProfileDifference) -> tuple[Grown, ...]:
    """Give the functions that threads begin in which only the candidate has, those with the most time first.

    A thread begins in functions of the runtime that other threads have, too: the first that the base has in no thread
    is told.
    """
    known = _seen_in_base(wall)
    found = []
    for thread in wall.root.children:
        if thread.base_samples == 0 and thread.state == "grew":
            new = (node for node in passed_on(thread) if node.name not in known and node.name != POOLED)
            found += [_as_grown(node) for node in itertools.islice(new, 1)]
    return tuple(sorted(found, key=lambda one: -one.us))


class _New(NamedTuple):
    """A new call, what the base had in its place under another name, and the same path on the CPU."""

    call: DiffNode
    before_us: float
    on_cpu: DiffNode | None


def _new_calls(thread: DiffNode, on_cpu: DiffNode | None, known: set[str]) -> Iterator[_New]:
    """Give the outermost calls of a thread to what is not `known`, each with the same path below `on_cpu`.

    One that does nothing but call another that is new, in the same file, gives way to that, as an override does that
    adds one thing; what a library does for a call is not told in its place.
    """
    pending = [_New(thread, 0.0, on_cpu)]
    while pending:
        caller = pending.pop()
        for call in caller.call.children:
            on_it = (
                next((c for c in caller.on_cpu.children if c.name == call.name), None)
                if caller.on_cpu
                else None
            )
            before_us = max(caller.before_us, under_another_name(call, caller.call))
            if call.name in known:
                pending.append(_New(call, 0.0, on_it))
            elif _passes_on(call, known):
                pending.append(_New(call, before_us, on_it))
            elif call.state in ("grew", "moved") and call.name != POOLED:
                yield _New(call, before_us, on_it)


def _passes_on(call: DiffNode, known: set[str]) -> bool:
    file = parted(call.name)[1]
    new = (c for c in call.children if c.name not in known and c.name != POOLED and parted(c.name)[1] == file)
    return any(c.candidate_us >= PASSED_ON * call.candidate_us for c in new)


def _seen_in_base(difference: ProfileDifference) -> set[str]:
    """Give the names of all functions that the base was seen in, the small ones among them as far as they have names.

    A stack may be deeper than Python's limit.
    """
    names = {frame.name for frame in difference.frames if frame.base_samples}
    pending = [difference.root]
    while pending:
        for child in pending.pop().children:
            if child.base_samples:
                names.add(child.name)
                pending.append(child)
    return names


def _as_grown(node: DiffNode) -> Grown:
    return Grown(node.name, node.delta_us, node.interval_us, whole=True)
