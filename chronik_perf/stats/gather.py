"""Takes out of a comparison what a test is made of: one pair a block, and sums over gate slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chronik_perf.model import SIDES, Block, Comparison, Measured, Metric, Side, Slice, Unavailable
from chronik_perf.stats.betting.typical import Typical, spreads_of

LONGEST_NAME = 40

PerBlock = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """(block index, base, candidate) of the blocks that have both; `missing` says why the others have not.

    `dropped` are the blocks after the last in which the workload was measured at all: it had been answered by then.
    """

    per_block: PerBlock
    missing: tuple[str, ...] = ()
    base_first: tuple[bool, ...] = ()  # of each of those blocks, whether the base was started first
    typical: Typical | None = None  # what the pairs of slices of each of them tell
    dropped: tuple[int, ...] = ()

    @property
    def values(self) -> list[tuple[float, float]]:
        """Give the pairs alone."""
        return [(base, candidate) for _, base, candidate in self.per_block]


def pairs_of(comparison: Comparison, metric: Metric, workload: str) -> Pairs:
    """Take a metric from both starts of every kept block."""
    rows: list[tuple[int, float, float]] = []
    missing: list[str] = []
    orders: list[bool] = []
    blocks = comparison.kept_blocks
    last = max((i for i, block in enumerate(blocks, 1) if _measures(block, workload)), default=len(blocks))
    for block in blocks[:last]:
        base, candidate = metric.take(block.base, workload), metric.take(block.candidate, workload)
        reasons = [
            f"block {block.index} has no value for {name_of(comparison, side)}: {value.reason}"
            for side, value in zip(SIDES, (base, candidate), strict=True)
            if isinstance(value, Unavailable)
        ]
        if isinstance(base, Unavailable) or isinstance(candidate, Unavailable):
            missing += reasons
        else:
            rows.append((block.index, base, candidate))
            orders.append(block.base.order == 0)
    typical = _typical(comparison, metric, workload, rows)
    dropped = tuple(block.index for block in blocks[last:])
    return Pairs(tuple(rows), tuple(missing), tuple(orders), typical, dropped)


def _measures(block: Block, workload: str) -> bool:
    return any(s.workload == workload for side in SIDES for s in block.side(side).slices)


def _typical(
    comparison: Comparison, metric: Metric, workload: str, per_block: Sequence[tuple[int, float, float]]
) -> Typical | None:
    """Sum up the pairs of slices of each of the blocks; None for a metric that no slice has a value of."""
    if metric.of_slice is None:
        return None
    blocks = {block.index: block for block in comparison.kept_blocks}
    ratios = dict(zip(blocks, slice_log_ratios(comparison, metric, workload), strict=True))
    pairs = [ratios[index] for index, _, _ in per_block]
    if not any(one.size for one in pairs):
        return None
    wholes = [_log_ratio(base, candidate) for _, base, candidate in per_block]
    measured = [
        min(sum(1 for _ in blocks[index].side(s).gate_slices(workload)) for s in SIDES)
        for index, _, _ in per_block
    ]
    return spreads_of(pairs, wholes, measured).typical()


def _log_ratio(base: float, candidate: float) -> float:
    return math.log(candidate / base) if base > 0 and candidate > 0 else math.nan


def base_first(comparison: Comparison) -> dict[int, bool]:
    """Tell by block index whether the base was started first."""
    return {block.index: block.base.order == 0 for block in comparison.blocks}


def on_scale_of(metric: Metric, pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give base and candidate on the scale of the test, one value a block: logarithms for ratios."""
    values = np.asarray(pairs.values, dtype=float).reshape(-1, 2)
    if metric.scale == "ratio":
        values = np.log(values)
    return values[:, 0], values[:, 1]


def slice_log_ratios(comparison: Comparison, metric: Metric, workload: str) -> list[NDArray[np.float64]]:
    """Give, for each kept block, the log ratio of candidate to base in each pair of slices that has both.

    A pair is a slice of the base and the slice of the candidate that was measured beside it. A metric that a slice has
    no value of has none.
    """
    blocks: list[NDArray[np.float64]] = []
    of_slice = metric.of_slice or _none_of
    for block in comparison.kept_blocks:
        ratios: list[float] = []
        pairs = zip(block.base.gate_slices(workload), block.candidate.gate_slices(workload), strict=False)
        for base, candidate in pairs:
            b, c = of_slice(base), of_slice(candidate)
            if not isinstance(b, Unavailable) and not isinstance(c, Unavailable) and b > 0 and c > 0:
                ratios.append(math.log(c / b))
        blocks.append(np.asarray(ratios))
    return blocks


def _none_of(_: Slice) -> Measured:
    return Unavailable("a slice has no value of its own")


def name_of(comparison: Comparison, side: Side) -> str:
    """Name a side as a person would; where both are the same version, say which is which.

    A name that lists overrides is too long for a sentence: it becomes "the base" or "the candidate".
    """
    name = comparison.base.name if side == "base" else comparison.candidate.name
    if len(name) > LONGEST_NAME:
        return f"the {side}"
    if comparison.base.name == comparison.candidate.name:
        return f"{name} ({side})"
    return name


def gate_slices(comparison: Comparison, side: Side, workload: str) -> Iterator[Slice]:
    """Give the gate slices of a side in all kept blocks."""
    for block in comparison.kept_blocks:
        yield from block.side(side).gate_slices(workload)


def every_slice(comparison: Comparison, side: Side, workload: str) -> Iterator[Slice]:
    """Give the gate slices of a side in all blocks, the discarded ones too, for what is counted and not estimated."""
    for block in comparison.blocks:
        yield from block.side(side).gate_slices(workload)


def telemetry_total(comparison: Comparison, side: Side, workload: str, name: str) -> float | None:
    """Sum a counter over a side's gate slices; None if any slice lacks it, for then the sum is not one."""
    total, some = 0.0, False
    for s in gate_slices(comparison, side, workload):
        if name not in s.telemetry:
            return None
        total, some = total + s.telemetry[name], True
    return total if some else None


def share_of_time(
    comparison: Comparison, side: Side, workload: str, used_s: Callable[[Slice], float | None]
) -> float | None:
    """Give seconds used per second of window over a side's gate slices; None if it is not known of each."""
    used, window = 0.0, 0.0
    for s in gate_slices(comparison, side, workload):
        one = used_s(s)
        if one is None:
            return None
        used, window = used + one, window + s.load.window_s
    return used / window if window > 0 else None
