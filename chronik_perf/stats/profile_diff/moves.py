"""Cost that moved is not cost that grew: a frame up, another down, and what holds both flat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from chronik_perf.stats.profile_diff.tree import Node, outer_first

State: TypeAlias = Literal["grey", "grew", "shrank", "moved"]

# What holds both may have changed by so much of a frame's change for it to count as moved, and no more.
FLAT = 0.5

Deltas: TypeAlias = Mapping[int, tuple[float, float]]
"""Change in µs of each node (by id), inclusive and own; 0 where it is left out of account."""


def way(change: float) -> State:
    """Name a significant change; 0 stands for none."""
    return "grew" if change > 0 else "shrank" if change < 0 else "grey"


def states(root: Node, told: Deltas, seen: Deltas) -> tuple[dict[int, State], set[int]]:
    """Give each node's state by its inclusive figure, and the nodes (by id) whose own figure moved.

    `told` has the significant changes, `seen` all. A frame has moved if what holds it did not change significantly, and
    by less than half as much, while something else that it holds (another callee, or its own figure) went the other
    way significantly; and so has all that changed the same way within a frame that moved.
    """
    found: dict[int, State] = {id(root): way(told[id(root)][0])}
    own_moved: set[int] = set()
    for node in outer_first(root):
        whole, own = told[id(node)]
        parts = [own, *(told[id(c)][0] for c in node.children.values())]
        if found[id(node)] == "moved":
            own = seen[id(node)][1]
            moving = [change * whole > 0 for change in (own, *parts[1:])]
        elif whole == 0 and min(parts) < 0 < max(parts):
            moving = [FLAT * abs(change) > abs(seen[id(node)][0]) for change in parts]
        else:
            moving = [False] * len(parts)
        if moving[0] and own:
            own_moved.add(id(node))
        for child, change, moves in zip(node.children.values(), parts[1:], moving[1:], strict=True):
            found[id(child)] = "moved" if moves and change else way(change)
    return found, own_moved


def function_moved(change: float, paths: list[Node], seen: Deltas, own_moved: set[int]) -> bool:
    """Tell whether most of what changed a function's own figure lies on paths (its nodes) where it moved."""
    same_way = [(abs(seen[id(n)][1]), id(n) in own_moved) for n in paths if seen[id(n)][1] * change > 0]
    return sum(us for us, moved in same_way if moved) > sum(us for us, moved in same_way if not moved)
