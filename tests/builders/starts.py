"""Starts and their slices: what a declared behaviour gives, with noise between blocks and between slices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import Latency, LoadWindow, Side, Slice, Start, Unavailable, Workload
from tests.builders.behaviour import Behaviour, Noise
from tests.builders.latency import a_latency


@dataclass(slots=True)
class Maker:
    """Draws the noise and makes the parts; one a comparison."""

    rng: np.random.Generator
    noise: Noise
    slices: int
    histograms: bool
    gate_slice_s: float

    def draw(self, sd: float) -> float:
        """Draw one deviation of a log value."""
        if self.noise.heavy:
            return float(self.rng.standard_t(3) * sd / math.sqrt(3))
        return float(self.rng.normal(0.0, sd))

    def start(
        self,
        side: Side,
        target: str,
        order: int,
        does: Mapping[str, Behaviour],
        workloads: tuple[Workload, ...],
        shared: Mapping[str, float],
    ) -> Start:
        """Make one start that served all workloads."""
        slices: list[Slice] = []
        latency: dict[str, Latency] = {}
        rss, now = 60e6, int(self.rng.integers(1, 10**9))
        for w in workloads:
            b = does[w.name]
            speed = shared[w.name] + self.draw(self.noise.between)
            cpu_noise = self.draw(self.noise.between)
            p99_noise = self.draw(3 * self.noise.between)
            for _ in range(self.slices):
                s, rss, now = self.slice(w, b, speed + self.draw(self.noise.slices), cpu_noise, rss, now)
                slices.append(s)
            if w.acks != 0:
                acked = sum(s.load.acked for s in slices if s.workload == w.name)
                p50 = b.p50_ms * math.exp(-speed)
                p99 = b.p99_ms * math.exp(-speed + p99_noise)
                latency[w.name] = a_latency(p50, p99, acked, self.histograms)
        return Start(
            side=side,
            target=target,
            seed=int(self.rng.integers(0, 2**32)),
            order=order,
            port=int(self.rng.integers(20_000, 60_000)),
            data_dir=f"{side}-{int(self.rng.integers(0, 10**6)):06d}",
            ready_s=0.4,
            config={"wal.profile": "medium" if "2.2.7" in target else "high"},
            slices=tuple(slices),
            latency=latency,
            steady={w.name: True for w in workloads},
            process={"threads": 4.0, "descriptors": 150.0, "context_switches": Unavailable("not permitted")},
        )

    def slice(
        self, w: Workload, b: Behaviour, log_speed: float, cpu_noise: float, rss: float, now: int
    ) -> tuple[Slice, float, int]:
        """Make one gate slice; give also the memory and the clock after it."""
        window_s = self.gate_slice_s
        messages = max(1, round(b.msgs_per_s * math.exp(log_speed) * window_s))
        commits = float(max(1, round(b.commits_per_s * window_s)))
        batches = float(max(1, round(commits * b.batches_per_commit)))
        telemetry = {
            "commits": commits,
            "batches": batches,
            "messages": float(messages),
            "commit_bytes": messages * 256.0,
            "loop_lag_s": 0.0004 * window_s * 100,
            "loop_lags": window_s * 100,
            "tasks_created": round(batches * b.tasks_per_batch) * 1.0,
            "syncs": commits,
            "sync_s": commits * b.sync_ms / 1e3,
            **{f"stage_{name}_s": batches * ms / 1e3 for name, ms in b.stage_ms.items()},
        }
        grown = rss + messages * b.rss_bytes_per_message
        load = LoadWindow(
            first_send_ns=now,
            last_ack_ns=now + round(window_s * 1e9),
            sent=messages,
            acked=0 if w.acks == 0 else messages,
            failed=0,
            stored=messages,
            generator_cpu_s=b.generator_busy * window_s,
            response=None if w.acks == 0 else a_latency(b.p50_ms, b.p99_ms, messages, self.histograms),
        )
        cpu_s = messages * b.cpu_us_per_message * math.exp(cpu_noise - 0.2 * log_speed) / 1e6
        one = Slice(w.name, load, cpu_s, 0.004, rss, grown, telemetry)
        return one, grown, now + round((window_s + 0.02) * 1e9)
