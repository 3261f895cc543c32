"""Whether canaries tell how noisy a block was: if they did, a block in which they moved could be bet on with less."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata, spearmanr

from benchmarks.proof.dataset import Floats, Recorded

FEWEST_BLOCKS = 6
CANARIES = {"fdatasync_ms": "write and fdatasync", "cpu_loop_ms": "CPU loop", "loopback_us": "loopback echo"}


@dataclass(frozen=True, slots=True)
class Row:
    """Spearman's correlation over blocks, for one test and one canary, with a 95 % interval.

    Of how far a block's difference lies from the median of its comparison, and how far the canary went up in it;
    both as ranks within the comparison, so that a noisy day is not mistaken for a covariate.
    """

    test: str
    canary: str
    blocks: int
    rho: float
    low: float
    high: float


def table(runs: Sequence[Recorded]) -> list[Row]:
    """Correlate every test with every canary over the A/A comparisons that have blocks enough."""
    pairs: dict[tuple[str, str], list[tuple[Floats, Floats]]] = defaultdict(list)
    for run in runs:
        if not run.is_aa or not run.values.size or run.values.shape[1] < FEWEST_BLOCKS:
            continue
        moved = _moved(run)
        for test, values in zip(run.measured, run.values, strict=True):
            d = values[:, 1] - values[:, 0]
            off = _ranks(np.abs(d - np.median(d)))
            for canary, ratio in moved.items():
                if ratio.size == off.size and np.isfinite(ratio).all():
                    pairs[test.name, canary].append((off, _ranks(ratio)))
    rows = []
    for (name, canary), found in pairs.items():
        off, ratio = (np.concatenate([pair[i] for pair in found]) for i in (0, 1))
        if np.ptp(off) == 0 or np.ptp(ratio) == 0:
            continue  # what never moves tells nothing
        rho = float(spearmanr(off, ratio).statistic)
        # Fisher's z, with the variance of Bonett and Wright (Psychometrika 65, 2000) for Spearman's.
        half = 1.96 * math.sqrt((1 + rho**2 / 2) / (off.size - 3))
        z = math.atanh(max(-0.999, min(0.999, rho)))
        rows.append(Row(name, CANARIES[canary], off.size, rho, math.tanh(z - half), math.tanh(z + half)))
    return rows


def _moved(run: Recorded) -> dict[str, Floats]:
    """Give, by canary, its higher reading of each kept block; NaN where it was not measured."""
    by_block = {r["block"]: r["canaries"] for r in run.starts if r["side"] == "base" and not r["discarded"]}
    return {
        name: np.array(
            [
                max(by_block[b][when][name] or math.nan for when in ("before", "after"))
                for b in sorted(by_block)
            ],
            dtype=float,
        )
        for name in CANARIES
    }


def _ranks(values: Floats) -> Floats:
    """Give ranks from 0 to 1."""
    return np.asarray((rankdata(values) - 0.5) / values.size)
