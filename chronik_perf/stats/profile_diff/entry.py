"""Where a growth of CPU enters a program: the call under which it lies, rather than the leaves that it is spent in.

A call that is new, such as one to a logger, spends its time in functions that the program may use elsewhere too, and
in many of them. What a reader wants named is the call.
"""

from __future__ import annotations

from chronik_perf.stats.profile_diff.figures import DiffNode, ProfileDifference

# A path is followed while one call holds this part of all that grew.
MOST_OF_IT = 0.6
# A call that was this small a part of its caller's cost before is where the growth enters; one that had nearly all of
# it, as under an event loop, is only on the way.
MINOR = 0.2
# A function in which the growth parts is named only if it was no more of the whole than this: all parts in a main loop.
SPECIFIC = 0.5


def entry(difference: ProfileDifference) -> DiffNode | None:
    """Give the frame path at which most of a significant growth enters, or None where it has no one place.

    That is the outermost call which holds most of the growth and was a minor part of its caller's cost; where there is
    none, the innermost that holds most of it, unless that was most of the program.
    """
    root = node = difference.root
    if root.delta_us <= 0:
        return None
    cost_us = root.base_us
    while True:
        inner = [c for c in node.children if c.state == "grew" and c.delta_us >= MOST_OF_IT * root.delta_us]
        if not inner:
            break
        caller, callers_us = node, cost_us
        node = max(inner, key=lambda c: c.delta_us)
        cost_us = node.base_us + _under_another_name(node, caller)
        if cost_us <= MINOR * callers_us:
            return node
    if node is root or cost_us > SPECIFIC * root.base_us:
        return None
    return node


def _under_another_name(call: DiffNode, caller: DiffNode) -> float:
    """Give what a new call cost before in another class or file: an override is no new work, what it calls may be."""
    if call.base_us > 0:
        return 0.0
    return sum(c.base_us for c in caller.children if c.candidate_us == 0 and _bare(c) == _bare(call))


def _bare(node: DiffNode) -> str:
    return node.name.partition(" ")[0].rpartition(".")[2]
