"""All starts' stacks merged into one tree of counts, and small frames pooled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chronik_perf.stats.profile_diff.starts import Starts

ROOT = "all"
POOLED = "(small frames)"
LEAST_SAMPLES = 10  # over all starts of both sides; counting both keeps the choice blind to their difference


@dataclass(slots=True)
class Node:
    """Samples of one frame path, or of one function, by start."""

    name: str
    own: list[int]
    total: list[int]
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def small(self) -> bool:
        """Tell whether it holds too few samples to be tested by itself."""
        return sum(self.total) < LEAST_SAMPLES


def merged(starts: Starts, by_callers: bool = False) -> tuple[Node, dict[str, Node]]:
    """Give the tree of all paths, and the functions over all their paths, in which recursion counts once.

    `by_callers` turns each path round: a function's own samples, and below it those of whoever called it.
    """
    n = len(starts.profiles)
    root, functions = _empty(ROOT, n), dict[str, Node]()
    for index, profile in enumerate(starts.profiles):
        for stack, samples in profile.stacks.items():
            frames = stack.split(";")
            _add_path(root, reversed(frames) if by_callers else frames, index, samples)
            # The first is the thread, not a function.
            for frame in dict.fromkeys(frames[1:] or frames):
                functions.setdefault(frame, _empty(frame, n)).total[index] += samples
            functions[frames[-1]].own[index] += samples
    return root, functions


def pool_children(root: Node) -> None:
    """Put the small frames below each frame together, where there are several: apart they could never be told."""
    for node in outer_first(root):
        small = [c for c in node.children.values() if c.small]
        if len(small) > 1:
            for child in small:
                del node.children[child.name]
            node.children[POOLED] = _together(small, [c.total for c in small])


def pool_functions(functions: dict[str, Node]) -> list[Node]:
    """Give the functions with the small ones as one."""
    small = [f for f in functions.values() if f.small]
    if len(small) < 2:
        return list(functions.values())
    return [*(f for f in functions.values() if not f.small), _together(small, [f.own for f in small])]


def outer_first(root: Node) -> Iterator[Node]:
    """Give every node, without recursion: a stack may be deeper than Python's limit."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending += node.children.values()


def _add_path(root: Node, frames: Iterable[str], index: int, samples: int) -> None:
    node = root
    node.total[index] += samples
    for frame in frames:
        if frame not in node.children:
            node.children[frame] = _empty(frame, len(root.own))
        node = node.children[frame]
        node.total[index] += samples
    node.own[index] += samples


def _empty(name: str, n: int) -> Node:
    return Node(name, [0] * n, [0] * n)


def _together(nodes: list[Node], counts: list[list[int]]) -> Node:
    added = [sum(column) for column in zip(*counts, strict=True)]
    return Node(POOLED, added, list(added))
