"""Where a growth of CPU enters a program: the call under which it lies, rather than the leaves that it is spent in.

A call that is new, such as one to a logger, spends its time in functions that the program may use elsewhere too, and
in many of them. What a reader wants named is the call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from chronik_perf.stats.profile_diff.figures import DiffNode, Figures, Interval, ProfileDifference, parted
from chronik_perf.stats.profile_diff.moves import State
from chronik_perf.stats.profile_diff.tree import POOLED

# A call that was this small a part of its caller's cost before is where a growth enters; one that had nearly all of
# it, as under an event loop, is only on the way.
MINOR = 0.2
# A function that was there before is named with all that it calls while it holds this part of all that grew, and was no
# more of the whole than that: everything is under a main loop.
MOST_OF_IT = 0.6
SPECIFIC = 0.5
# A call leads to another that holds this part of its growth, and grew by so much larger a factor than the rest.
LED_TO = 0.7
FASTER = 3.0
# What a main loop does by itself, such as to begin a task, is asked for by what it calls, which comes first if it grew
# by half as much.
ASKED_FOR = 0.5
# A thread that is new begins in the runtime's own functions, each of which only calls the next.
PASSED_ON = 0.95
# An override has its base's own work beside what it was added for.
OVERRIDE = 0.9


@dataclass(frozen=True, slots=True)
class Grown:
    """A function that grew by `us` per 1,000 stored messages (below 0: shrank); if `whole`, with all that it calls."""

    name: str
    us: float
    interval_us: Interval | None
    whole: bool


def grown(difference: ProfileDifference, loops_own: float = ASKED_FOR) -> tuple[Grown, ...]:
    """Give what grew by more than chance, the most first: calls with all under them, and functions by themselves.

    What a main loop (a function that a thread is in for nearly all of its time) does by itself comes where `loops_own`
    times its growth would.
    """
    known = {_bare(f) for f in difference.frames if f.base_samples}
    found = [Grown(n.name, n.delta_us, n.interval_us, whole=True) for n in _entries(difference.root, known)]
    found += _by_themselves(difference, "grew")
    loops = {loop.name for thread in difference.root.children for loop in passed_on(thread)}
    return tuple(
        sorted(found, key=lambda one: -one.us * (loops_own if one.name in loops and not one.whole else 1))
    )


def shrunk(difference: ProfileDifference) -> tuple[Grown, ...]:
    """Give the functions that shrank by more than chance, each by itself, the most first."""
    return tuple(sorted(_by_themselves(difference, "shrank"), key=lambda one: one.us))


def _by_themselves(difference: ProfileDifference, state: State) -> list[Grown]:
    return [Grown(f.name, f.self_delta_us, f.interval_us, whole=False) for f in difference.functions(state)]


def _entries(root: DiffNode, known: Set[str]) -> Iterator[DiffNode]:
    """Give the frame paths at which a growth enters, each the outermost of its path."""
    pending = [(thread, thread.base_us) for thread in root.children]
    while pending:
        caller, callers_us = pending.pop()
        if callers_us <= 0:
            yield from _begun_by(caller)
            continue
        for call in caller.children:
            if call.name == POOLED or call.state in ("shrank", "moved"):
                continue
            cost_us = call.base_us + under_another_name(call, caller)
            if call.state == "grey":
                # The whole of a caller may vary by more than what grew in it.
                pending += [(call, cost_us)] if cost_us > 0 else []
            elif cost_us > 0 and _goes_further(call, cost_us):
                pending.append((call, cost_us))
            elif cost_us <= MINOR * callers_us or _holds_most(call, cost_us, root):
                yield (
                    (_new_on_many_paths(call, cost_us, known) or call)
                    if cost_us > 0
                    else _past_wrappers(call, known)
                )
            else:
                pending.append((call, cost_us))


def _goes_further(call: DiffNode, cost_us: float) -> bool:
    """Tell whether a call that was there before only leads to what grew: one that it makes, and not the rest of it.

    A call that is made more often grows in all its parts alike, also where one of them is most of it.
    """
    for inner in call.children:
        before_us = inner.base_us + under_another_name(inner, call)
        rest_us = cost_us - before_us, call.candidate_us - inner.candidate_us
        alone = inner.candidate_us * rest_us[0] > FASTER * rest_us[1] * before_us
        does_nothing_else = (
            before_us >= PASSED_ON * cost_us and inner.candidate_us >= PASSED_ON * call.candidate_us
        )
        holds_it = inner.candidate_us - before_us >= LED_TO * (call.candidate_us - cost_us)
        if inner.state == "grew" and holds_it and (alone or does_nothing_else):
            return True
    return False


def _new_on_many_paths(call: DiffNode, cost_us: float, known: Set[str]) -> DiffNode | None:
    """Give the function that was added under a call in several places and holds what grew there; None if none does."""
    paths: dict[str, list[DiffNode]] = defaultdict(list)
    pending = [(inner, frozenset[str]()) for inner in call.children]
    while pending:
        node, within = pending.pop()
        new = node.base_us == 0 and node.state == "grew" and node.name != POOLED and _bare(node) not in known
        if new and node.name not in within:
            paths[node.name].append(node)
            within |= {node.name}
        pending += [(inner, within) for inner in node.children]
    if not paths:
        return None
    most = max(paths.values(), key=lambda nodes: sum(node.candidate_us for node in nodes))
    whole_us = sum(node.candidate_us for node in most)
    if len(most) < 2 or whole_us < LED_TO * (call.candidate_us - cost_us):
        return None
    # What each path's interval says is not said of their sum.
    return replace(most[0], candidate_us=whole_us, interval_us=None)


def _past_wrappers(call: DiffNode, known: Set[str]) -> DiffNode:
    """Give a new call, or the one in the same file that it does nothing but make; a library's is not what was added.

    `known` are the bare names of the base's functions.
    """
    inner: DiffNode | None = call
    while inner is not None:
        call = inner
        # What it overrides may be too small in the base for a frame here, and have one elsewhere.
        least_us = (OVERRIDE if _bare(call) in known else PASSED_ON) * call.candidate_us
        inner = next((c for c in call.children if c.candidate_us >= least_us and _added_with(c, call)), None)
    return call


def _added_with(inner: DiffNode, call: DiffNode) -> bool:
    return inner.base_us == 0 and inner.state == "grew" and parted(inner.name)[1] == parted(call.name)[1]


def _holds_most(call: DiffNode, cost_us: float, root: DiffNode) -> bool:
    """Tell whether a call that was there before has most of all that grew, and is not most of the program."""
    return call.delta_us >= MOST_OF_IT * root.delta_us and cost_us <= SPECIFIC * root.base_us


def _begun_by(thread: DiffNode) -> Iterator[DiffNode]:
    path = passed_on(thread)
    if path and path[-1].state == "grew" and path[-1].name != POOLED:
        yield path[-1]


def passed_on(thread: DiffNode) -> list[DiffNode]:
    """Give the frames that a thread of the candidate is in for nearly all of its time, the outermost first."""
    path: list[DiffNode] = []
    node = thread
    while node.children and node.children[0].candidate_us >= PASSED_ON * node.candidate_us:
        node = node.children[0]
        path.append(node)
    return path


def under_another_name(call: DiffNode, caller: DiffNode) -> float:
    """Give what a new call cost before in another class or file: an override is no new work, what it calls may be.

    What it stands in for may be too small for a frame of its own in the base; then what it costs in the override tells.
    """
    if call.base_us > 0:
        return 0.0
    before_us = sum(c.base_us for c in caller.children if c.candidate_us == 0 and _bare(c) == _bare(call))
    replaced = (c for c in call.children if c.name != call.name and _bare(c) == _bare(call))
    return before_us or sum(c.candidate_us for c in replaced)


def _bare(node: Figures) -> str:
    return parted(node.name)[0].rpartition(".")[2]
