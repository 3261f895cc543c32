"""Latencies of a declared distribution, as a driver hands them over: HdrHistogram and digest."""

from __future__ import annotations

import math
from functools import lru_cache

from hdrh.histogram import HdrHistogram
from scipy.special import ndtri

from chronik_perf.model import Latency

PERCENTILES = (
    *(0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 92.5, 95.0, 97.5, 98.0, 99.0),
    *(99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100.0),
)
Z99 = 2.3263478740408408  # the normal quantile of 99 %


@lru_cache(maxsize=8192)
def a_latency(p50_ms: float, p99_ms: float, recorded: int, histogram: bool = True) -> Latency:
    """Give a log-normal latency distribution with these two percentiles, as HdrHistogram and digest."""
    sigma = max(math.log(p99_ms / p50_ms) / Z99, 1e-3)

    def at(z: float) -> float:
        return p50_ms * math.exp(sigma * z)

    hdr = ""
    if histogram:
        h = HdrHistogram(1, 60_000_000, 3)
        left, parts = recorded, 100
        for i in range(parts):
            n = left // (parts - i)
            left -= n
            if n:
                h.record_value(max(1, round(at(_normal_quantile((i + 0.5) / parts)) * 1e3)), n)
        hdr = h.encode().decode()
    z_max = _normal_quantile(1 - 0.5 / max(recorded, 2))
    percentiles = tuple(
        (pct, at(max(-z_max, min(z_max, _normal_quantile(pct / 100))))) for pct in PERCENTILES
    )
    return Latency(hdr, recorded, p50_ms, p99_ms, at(min(z_max, 3.09)), at(z_max), percentiles)


@lru_cache(maxsize=8192)
def _normal_quantile(q: float) -> float:
    return float(ndtri(min(max(q, 1e-12), 1 - 1e-12)))
