"""A comparison with something changed in every start, slice or load of one side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chronik_perf.model import Comparison, LoadWindow, Side, Slice, Start


def with_starts(comparison: Comparison, side: Side, change: Callable[[Start], Start]) -> Comparison:
    """Change every start of one side."""
    return replace(
        comparison,
        blocks=tuple(
            replace(b, base=change(b.base)) if side == "base" else replace(b, candidate=change(b.candidate))
            for b in comparison.blocks
        ),
    )


def with_slices(comparison: Comparison, side: Side, change: Callable[[Slice], Slice]) -> Comparison:
    """Change every slice of one side."""
    return with_starts(comparison, side, lambda s: replace(s, slices=tuple(change(x) for x in s.slices)))


def with_load(comparison: Comparison, side: Side, change: Callable[[LoadWindow], LoadWindow]) -> Comparison:
    """Change what the load process saw in every slice of one side."""
    return with_slices(comparison, side, lambda s: replace(s, load=change(s.load)))
