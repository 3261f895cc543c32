"""What the tests say of every frame: its state, and the interval of its change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chronik_perf.stats.profile_diff import significance
from chronik_perf.stats.profile_diff.compared import Basis, Compared, bases_of, compared
from chronik_perf.stats.profile_diff.figures import Interval
from chronik_perf.stats.profile_diff.moves import Deltas, State, function_moved, states, way
from chronik_perf.stats.profile_diff.starts import Starts
from chronik_perf.stats.profile_diff.tree import LEAST_SAMPLES, Node, outer_first


@dataclass(frozen=True, slots=True)
class Told:
    """What the tests say of nodes and functions, by id: state, interval, and for functions what would have been seen.

    `bases` are none where there were too few starts for any test; `p_limit` is where functions were told from chance.
    """

    nodes: dict[int, tuple[State, Interval | None]]
    functions: dict[int, tuple[State, Interval | None, float | None]]
    bases: tuple[Basis, ...]
    p_limit: float

    @property
    def enough(self) -> bool:
        """Tell whether there were starts enough for any test."""
        return bool(self.bases)

    @classmethod
    def of(cls, root: Node, functions: list[Node], starts: Starts) -> Told:
        """Test nodes' inclusive and own figures and functions' own; each of the three is a family of its own."""
        nodes = list(outer_first(root))
        if min(starts.base, starts.candidate) < significance.LEAST_STARTS:
            return cls(
                {id(n): ("grey", None) for n in nodes},
                {id(f): ("grey", None, None) for f in functions},
                (),
                significance.FALSE_DISCOVERIES,
            )
        testable = [f for f in functions if not _few(f.own)]
        own = _counts([f.own for f in testable], starts)
        bases = bases_of(own, np.array(root.total, dtype=np.int64), starts, starts.profiles[0].kind)
        told, seen, intervals = _of_nodes(nodes, starts, bases)
        of_nodes, own_moved = states(root, told, seen)
        of_functions, p_limit = _of_functions(functions, nodes, seen, own_moved, starts, bases)
        return cls({k: (of_nodes[k], intervals[k]) for k in of_nodes}, of_functions, bases, p_limit)


def _of_nodes(
    nodes: list[Node], starts: Starts, bases: tuple[Basis, ...]
) -> tuple[Deltas, Deltas, dict[int, Interval | None]]:
    inclusive, found = _tested([n.total for n in nodes], starts, bases)
    own, own_found = _tested([n.own for n in nodes], starts, bases)
    told, seen = {}, {}
    for i, n in enumerate(nodes):
        both = (float(inclusive.delta_us[i]), float(own.delta_us[i]))
        seen[id(n)] = both
        told[id(n)] = (both[0] * bool(found[i]), both[1] * bool(own_found[i]))
    return told, seen, dict(zip(map(id, nodes), _intervals(inclusive, [n.total for n in nodes]), strict=True))


def _of_functions(
    functions: list[Node],
    nodes: list[Node],
    seen: Deltas,
    own_moved: set[int],
    starts: Starts,
    bases: tuple[Basis, ...],
) -> tuple[dict[int, tuple[State, Interval | None, float | None]], float]:
    paths: dict[str, list[Node]] = {}
    for n in nodes:
        paths.setdefault(n.name, []).append(n)
    own = [f.own for f in functions]
    tested, found = _tested(own, starts, bases)
    p_limit = significance.discoveries(tested.p[[not _few(o) for o in own]])[1]
    seen_from_us = tested.seen_us(p_limit)
    told: dict[int, tuple[State, Interval | None, float | None]] = {}
    for i, (f, interval) in enumerate(zip(functions, _intervals(tested, own), strict=True)):
        change = float(tested.delta_us[i]) * bool(found[i])
        moved = bool(change) and function_moved(change, paths.get(f.name, []), seen, own_moved)
        told[id(f)] = (
            "moved" if moved else way(change),
            interval,
            float(seen_from_us[i]) if interval else None,
        )
    return told, p_limit


def _tested(
    counts: list[list[int]], starts: Starts, bases: tuple[Basis, ...]
) -> tuple[Compared, npt.NDArray[np.bool_]]:
    """Compare all figures; only those with enough samples can be discoveries, and only they are counted as tests."""
    tested = compared(_counts(counts, starts), bases)
    enough = np.array([not _few(c) for c in counts], dtype=np.bool_)
    found = np.zeros(len(counts), dtype=np.bool_)
    found[enough] = significance.discoveries(tested.p[enough])[0]
    return tested, found


def _intervals(tested: Compared, counts: list[list[int]]) -> list[Interval | None]:
    bounds = zip(tested.low_us, tested.high_us, counts, strict=True)
    return [None if _few(c) else (float(low), float(high)) for low, high, c in bounds]


def _few(counts: list[int]) -> bool:
    return sum(counts) < LEAST_SAMPLES


def _counts(counts: list[list[int]], starts: Starts) -> npt.NDArray[np.int64]:
    return np.array(counts, dtype=np.int64).reshape(len(counts), len(starts.profiles))
