"""Where a growth of CPU enters a program: the call under which it lies, rather than the leaves that it is spent in.

A call that is new, such as one to a logger, spends its time in functions that the program may use elsewhere too, and
in many of them. What a reader wants named is the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chronik_perf.stats.profile_diff.figures import DiffNode, Interval, ProfileDifference, parted
from chronik_perf.stats.profile_diff.moves import State
from chronik_perf.stats.profile_diff.tree import POOLED

# A call that was this small a part of its caller's cost before is where a growth enters; one that had nearly all of
# it, as under an event loop, is only on the way.
MINOR = 0.2
# A function that was there before is named with all that it calls while it holds this part of all that grew, and was no
# more of the whole than that: everything is under a main loop.
MOST_OF_IT = 0.6
SPECIFIC = 0.5
# A thread that is new begins in the runtime's own functions, each of which only calls the next.
PASSED_ON = 0.95


@dataclass(frozen=True, slots=True)
class Grown:
    """A function that grew by `us` per 1,000 stored messages (below 0: shrank); if `whole`, with all that it calls."""

    name: str
    us: float
    interval_us: Interval | None
    whole: bool


def grown(difference: ProfileDifference) -> tuple[Grown, ...]:
    """Give what grew by more than chance, the most first: calls with all under them, and functions by themselves."""
    threads = difference.root.children
    found = [
        Grown(n.name, n.delta_us, n.interval_us, whole=True)
        for t in threads
        for n in entries(t, difference.root)
    ]
    found += _by_themselves(difference, "grew")
    return tuple(sorted(found, key=lambda one: -one.us))


def shrunk(difference: ProfileDifference) -> tuple[Grown, ...]:
    """Give the functions that shrank by more than chance, each by itself, the most first."""
    return tuple(sorted(_by_themselves(difference, "shrank"), key=lambda one: one.us))


def only_there(difference: ProfileDifference) -> tuple[Grown, ...]:
    """Give the calls that the base was never seen in and the candidate more than by chance, the most CPU first.

    Each is the outermost of its path and counts with all that it calls. An override is among them, whose cost has moved
    to it: what it calls may be no news, but that it is there is.
    """
    found: list[Grown] = []
    pending = list(difference.root.children)
    while pending:
        node = pending.pop()
        for call in node.children:
            if call.base_samples:
                pending.append(call)
            elif call.state in ("grew", "moved") and call.name != POOLED:
                found.append(Grown(call.name, call.delta_us, call.interval_us, whole=True))
    return tuple(sorted(found, key=lambda one: -one.us))


def _by_themselves(difference: ProfileDifference, state: State) -> list[Grown]:
    return [Grown(f.name, f.self_delta_us, f.interval_us, whole=False) for f in difference.functions(state)]


def entries(thread: DiffNode, root: DiffNode | None = None) -> Iterator[DiffNode]:
    """Give a thread's frame paths at which a growth enters, each the outermost of its path.

    With `root`, the whole program, also a call that was there before and holds most of all that grew.
    """
    pending = [(thread, thread.base_us)]
    while pending:
        caller, callers_us = pending.pop()
        if callers_us <= 0:
            yield from _begun_by(caller)
            continue
        for call in caller.children:
            if call.state != "grew" or call.name == POOLED:
                continue
            cost_us = call.base_us + _under_another_name(call, caller)
            if cost_us <= MINOR * callers_us or (root is not None and _holds_most(call, cost_us, root)):
                yield call
            else:
                pending.append((call, cost_us))


def _holds_most(call: DiffNode, cost_us: float, root: DiffNode) -> bool:
    """Tell whether a call that was there before has most of all that grew, and no call within has."""
    most_us = MOST_OF_IT * root.delta_us
    return (
        call.delta_us >= most_us
        and cost_us <= SPECIFIC * root.base_us
        and not any(c.state == "grew" and c.delta_us >= most_us for c in call.children)
    )


def _begun_by(thread: DiffNode) -> Iterator[DiffNode]:
    node = thread
    while node.children and node.children[0].candidate_us >= PASSED_ON * node.candidate_us:
        node = node.children[0]
    if node is not thread and node.state == "grew" and node.name != POOLED:
        yield node


def _under_another_name(call: DiffNode, caller: DiffNode) -> float:
    """Give what a new call cost before in another class or file: an override is no new work, what it calls may be."""
    if call.base_us > 0:
        return 0.0
    return sum(c.base_us for c in caller.children if c.candidate_us == 0 and _bare(c) == _bare(call))


def _bare(node: DiffNode) -> str:
    return parted(node.name)[0].rpartition(".")[2]
