"""Whether canaries tell of noisy blocks is measured, not assumed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from benchmarks.proof.covariates import CANARIES, table
from benchmarks.proof.dataset import AA, Recorded
from benchmarks.proof.rows import comparison_line, start_lines
from tests.builders import V220, Noise, a_comparison


def recorded(seed: int, told: bool) -> Recorded:
    """Record 40 blocks of a version beside itself; with `told` the CPU loop goes up as far as a block was off."""
    rng = np.random.default_rng(seed)
    comparison = a_comparison(
        V220, V220, blocks=40, noise=Noise(), seed=seed, histograms=False, evidence=False
    )
    starts: list[dict[str, Any]] = list(start_lines(comparison, f"aa-{seed}"))
    raw = {(r["block"], r["side"]): math.log(r["throughput"]) for r in starts if r["workload"] == "raw"}
    d = {b: raw[b, "candidate"] - raw[b, "base"] for b, _ in raw}
    middle = float(np.median(list(d.values())))
    loop = {b: 1 + (abs(d[b] - middle) if told else float(rng.random())) for b in d}
    for row in starts:
        reading = {name: 1 + float(rng.random()) for name in CANARIES} | {"cpu_loop_ms": loop[row["block"]]}
        row["canaries"] = {"before": dict.fromkeys(CANARIES, 0.5), "after": reading}
    return Recorded(comparison_line(comparison, f"aa-{seed}", AA, 0), tuple(starts))


@pytest.mark.parametrize("told", [True, False])
def test_a_canary_that_tells_of_noise_is_told_from_one_that_does_not(told: bool) -> None:
    """Given a CPU loop that goes up as far as blocks are off, its correlation is 1; one at random has 0 inside."""
    rows = table([recorded(seed, told) for seed in range(3)])
    row = next(r for r in rows if (r.test, r.canary) == ("throughput@raw", "CPU loop"))
    assert row.blocks == 120
    if told:
        assert row.rho > 0.99
    else:
        assert row.low < 0 < row.high
