"""Flame graphs as places of boxes, root on top: base, candidate and their difference out of one merged tree.

Every box knows its place in three shapes, in percent of the width: `base` and `candidate` are as wide as their
side's cost, `both` as wide as the larger side of each frame's own cost plus its callees, so that removed and new
frames are both seen. The page chooses a shape by style alone; no script lays anything out.
"""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass

from chronik_perf.model import SIDES, Comparison, ProfileKind, Side, Unavailable
from chronik_perf.report import flame_words
from chronik_perf.stats import (
    DiffNode,
    FrameChange,
    ProfileDifference,
    Waiting,
    profile_difference,
    waiting,
)
from chronik_perf.stats.profile_diff import by_callers, parted, profiles_of

MOST_BOXES = 700  # a graph; what is narrower than these is left out, and counted
MOST_OF_CALLERS = 250
_TINTS = 5
# Colour says how much of the whole a frame's change is, in four steps that the eye can tell.
_STEPS = (0.005, 0.03, 0.12)
# A frame with more outer calls than this is cut: no screen shows it, and the page stays small.
_DEEPEST = 120

Places = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """One frame: (left, width) in percent for each shape, `mark` its colour in the difference, `tint` elsewhere."""

    depth: int
    name: str
    function: str
    where: str
    both: Places
    base: Places
    candidate: Places
    delta: str
    mark: str
    tint: int
    said: str


@dataclass(frozen=True, slots=True)
class Flame:
    """One workload's graph of one kind, or what is missing of it. `sides` are those that were profiled.

    `key` is the graph's name within the report, in its ids and in links to it.
    """

    key: str
    kind: ProfileKind
    sides: tuple[Side, ...]
    boxes: tuple[Box, ...] = ()
    depth: int = 0
    left_out: int = 0
    sentence: str = ""
    turned_sentence: str = ""
    unseen: str = ""
    totals: dict[Side, str] = dataclasses.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    frames: tuple[FrameChange, ...] = ()
    missing: tuple[str, ...] = ()
    waiting: Waiting | Unavailable | None = None  # of wall profiles of both sides
    callers: Flame | None = None  # of CPU: functions by their own cost, and below each who called it


def flame(comparison: Comparison, workload: str, kind: ProfileKind) -> Flame:
    """Lay out the profiles of one workload and kind; with one side only that one is shown."""
    found = dict(zip(SIDES, profiles_of(comparison, workload, kind), strict=True))
    missing = tuple(
        f"{side}: {m.reason}"
        for side in SIDES
        for m in comparison.missing_profiles
        if (m.side, m.workload, m.kind) == (side, workload, kind)
    )
    sides = tuple(s for s in SIDES if found[s])
    if not sides:
        return Flame(f"{kind}-{workload}", kind, (), missing=missing or ("no profile was taken",))
    if len(sides) == 1 and not missing:
        missing = tuple(f"{s}: no profile was taken" for s in SIDES if s not in sides)
    difference = profile_difference(found["base"], found["candidate"])
    totals = {side: flame_words.total(difference, found[side]) for side in sides}
    callers = None
    if kind == "cpu":
        turned_round = by_callers(found["base"], found["candidate"], difference)
        callers = _graph(
            Flame(f"callers-{workload}", kind, sides, totals=totals), turned_round, MOST_OF_CALLERS, True
        )
    whole = Flame(
        key=f"{kind}-{workload}",
        kind=kind,
        sides=sides,
        sentence=difference.sentence if len(sides) == 2 else "",
        turned_sentence=difference.turned_sentence if len(sides) == 2 else "",
        unseen=difference.unseen if len(sides) == 2 else "",
        totals=totals,
        notes=difference.notes if len(sides) == 2 else (),
        frames=difference.frames if len(sides) == 2 else (),
        missing=missing,
        waiting=waiting(found["base"], found["candidate"]) if kind == "wall" and len(sides) == 2 else None,
        callers=callers,
    )
    return _graph(whole, difference, MOST_BOXES, False)


def _graph(of: Flame, difference: ProfileDifference, most: int, callers: bool) -> Flame:
    boxes, left_out = _boxes(difference, most, callers)
    return dataclasses.replace(of, boxes=boxes, depth=max(b.depth for b in boxes) + 1, left_out=left_out)


@dataclass(slots=True)
class _Placed:
    node: DiffNode
    depth: int
    left: tuple[float, float, float]
    both: float
    first: str  # the frame below the root that it is in


def _boxes(difference: ProfileDifference, most: int, callers: bool) -> tuple[tuple[Box, ...], int]:
    placed = _lay_out(difference.root)
    root = difference.root
    totals = (placed[0].both, root.base_us, root.candidate_us)
    # All boxes compete by the most that they take of any shape; an outer frame is never narrower than an inner.
    size = [max(_part(w, t) for w, t in zip(_widths(p), totals, strict=True)) for p in placed]
    least = 0.0005
    if sum(s > least for s in size) > most:
        least = max(least, sorted(size, reverse=True)[most])
    kept = [p for p, s in zip(placed, size, strict=True) if s > least and p.depth < _DEEPEST]
    return tuple(_box(p, totals, difference, callers) for p in kept), len(placed) - len(kept)


def _lay_out(root: DiffNode) -> list[_Placed]:
    """Place every node, outer before inner, without recursion."""
    both = _both_widths(root)
    placed: list[_Placed] = []
    pending = [(root, 0, (0.0, 0.0, 0.0), root.name)]
    while pending:
        node, depth, left, first = pending.pop()
        placed.append(_Placed(node, depth, left, both[id(node)], first))
        inner = []
        for child in node.children:
            inner.append((child, depth + 1, left, first if depth else child.name))
            left = (left[0] + both[id(child)], left[1] + child.base_us, left[2] + child.candidate_us)
        pending += reversed(inner)
    return placed


def _both_widths(root: DiffNode) -> dict[int, float]:
    order, pending = [], [root]
    while pending:
        node = pending.pop()
        order.append(node)
        pending += node.children
    both: dict[int, float] = {}
    for node in reversed(order):
        own = max(node.base_self_us, node.candidate_self_us)
        both[id(node)] = own + sum(both[id(c)] for c in node.children)
    return both


def _widths(placed: _Placed) -> tuple[float, float, float]:
    return placed.both, placed.node.base_us, placed.node.candidate_us


def _part(value: float, whole: float) -> float:
    return value / whole if whole > 0 else 0.0


def _box(
    placed: _Placed, totals: tuple[float, float, float], difference: ProfileDifference, callers: bool
) -> Box:
    node = placed.node
    both, base, candidate = (
        (round(100 * _part(left, whole), 3), round(100 * _part(width, whole), 3))
        for left, width, whole in zip(placed.left, _widths(placed), totals, strict=True)
    )
    function, where = parted(node.name)
    called = (placed.first if placed.depth > 1 else "") if callers else None
    one_sided = not (difference.base_samples and difference.candidate_samples)
    return Box(
        depth=placed.depth,
        name=node.name,
        function=function,
        where=where,
        both=both,
        base=base,
        candidate=candidate,
        delta="" if one_sided or node.grey else flame_words.signed(node.delta_us),
        mark=_mark(node, max(totals[1:])),
        tint=zlib.crc32(where.encode()) % _TINTS,
        said=(flame_words.of_one_side if one_sided else flame_words.said)(node, called),
    )


def _mark(node: DiffNode, whole: float) -> str:
    """Give the class of a box's colour: grey, moved, or more or less in four steps."""
    if node.grey or node.delta_us == 0:
        return "g"
    if node.state == "moved":
        return "v"
    part = _part(abs(node.delta_us), whole)
    return f"{'m' if node.delta_us > 0 else 'l'}{1 + sum(part >= step for step in _STEPS)}"
