"""Builds comparisons out of declared behaviour and a fixed seed, for tests that need numbers and no broker.

A `Behaviour` says what one version of a broker does under one workload; `a_comparison` measures two of them
through the same documents that a real run gives, with noise between blocks and between slices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

from chronik_perf.model import (
    SCHEMA_VERSION,
    SIDES,
    Block,
    Canaries,
    Comparison,
    Design,
    Environment,
    Latency,
    LoadWindow,
    MissingProfile,
    Pilot,
    Profile,
    ProfileKind,
    Provenance,
    Series,
    Side,
    Slice,
    Start,
    Target,
    Unavailable,
    Workload,
)

ACKS1 = Workload(
    "acks1", "acks=1, 128 in flight (librdkafka)", "librdkafka", 1, 256, 128, 0.0, 1, 0.06, 64 << 20
)
RAW = Workload("raw", "acks=1, 128 raw connections", "wire", 1, 256, 128, 0.0, 1, 0.06, 64 << 20)
ACKS0 = Workload(
    "acks0", "acks=0, full batches (librdkafka)", "librdkafka", 0, 256, 100_000, 5.0, 1, 0.1, 32 << 20
)
WORKLOADS = (ACKS1, RAW, ACKS0)

PERCENTILES = (
    *(0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 92.5, 95.0, 97.5, 98.0, 99.0),
    *(99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100.0),
)
Z99 = 2.3263478740408408  # the normal quantile of 99 %


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one version does under one workload; `stage_ms` are means of each stage of a produce."""

    msgs_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_message: float
    rss_bytes_per_message: float
    commits_per_s: float
    batches_per_commit: float
    tasks_per_batch: float
    sync_ms: float
    stage_ms: Mapping[str, float]
    generator_busy: float = 0.55


def _stages(metadata: float, commit_wait: float) -> dict[str, float]:
    return {
        "decode": 0.012,
        "metadata": metadata,
        "append": 0.004,
        "commit_wait": commit_wait,
        "reply": 0.02,
    }


V220 = {
    "acks1": Behaviour(206e3, 0.60, 0.94, 3.1, 1.0, 1_450.0, 2.4, 0.0, 0.42, _stages(0.003, 0.48)),
    "raw": Behaviour(91e3, 1.38, 2.3, 9.2, 2.0, 1_300.0, 70.0, 0.0, 0.45, _stages(0.003, 0.95)),
    "acks0": Behaviour(1.5e6, 0.0, 0.0, 0.45, 0.5, 900.0, 1.2, 0.0, 0.9, _stages(0.004, 0.0)),
}
V227 = {
    "acks1": Behaviour(10.9e3, 11.72, 12.19, 6.4, 40.0, 87.0, 2.4, 1.0, 0.55, _stages(0.030, 11.3)),
    "raw": Behaviour(47e3, 2.7, 3.5, 17.5, 900.0, 520.0, 90.0, 1.0, 0.5, _stages(0.028, 2.1)),
    "acks0": Behaviour(1.5e6, 0.0, 0.0, 0.47, 0.5, 900.0, 1.2, 1.0, 0.9, _stages(0.030, 0.0)),
}


@dataclass(frozen=True, slots=True)
class Noise:
    """SDs of log values: what a block does to both sides alike, to each side, and what a slice adds."""

    shared: float = 0.05
    between: float = 0.004
    slices: float = 0.02
    heavy: bool = False  # Student's t with 3 degrees of freedom instead of the normal


QUIET = Noise()


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


def _normal_quantile(q: float) -> float:
    from scipy.special import ndtri  # type: ignore[import-untyped]

    return float(ndtri(min(max(q, 1e-12), 1 - 1e-12)))


@dataclass(slots=True)
class _Maker:
    """Draws the noise and makes the parts; one a comparison."""

    rng: np.random.Generator
    noise: Noise
    slices: int
    histograms: bool
    gate_slice_s: float
    orders: dict[str, int] = field(default_factory=dict)

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
        one = Slice(w.name, "gate", load, cpu_s, 0.004, rss, grown, telemetry)
        return one, grown, now + round((window_s + 0.02) * 1e9)


def canaries(scale: float = 1.0) -> Canaries:
    """Give the three canaries of a machine at rest, all slower by one factor."""
    return Canaries(fdatasync_ms=0.12 * scale, cpu_loop_ms=8.0 * scale, loopback_us=53.0 * scale)


def a_target(name: str, dirty: bool | None = False) -> Target:
    """Give a shipped release as a target."""
    return Target(
        name=name,
        argv=(
            "python",
            "-m",
            "broker",
            "start",
            "--version",
            name,
            "--port",
            "{port}",
            "--data-dir",
            "{data_dir}",
        ),
        ready="json-line",
        provenance=Provenance("checkout", "6a45c51d0c0ffee0", dirty, "release file"),
        config={
            "wal.profile": "high" if name == "v2.2.0" else "medium",
            "wal.worker": "notify-or-timer" if name == "v2.2.0" else "altered",
            "metadata.store": "metalog" if name == "v2.2.0" else "raft",
        },
        description=f"release {name}",
    )


def an_environment() -> Environment:
    """Give the machine that all built comparisons were measured on."""
    return Environment(
        fingerprint="2-core-test",
        cpu_model="Test CPU",
        cores=2,
        broker_core=0,
        load_core=1,
        kernel="6.1.0",
        python="3.11.2",
        filesystem="ext4",
        mount_options="rw,relatime",
        clients={"confluent-kafka": "2.16.1", "librdkafka": "2.16.1"},
        facts={"governor": "performance"},
    )


def a_profile(side: Side, workload: str, kind: ProfileKind, does: Behaviour, spawns: bool) -> Profile:
    """Give a profile of a broker as busy as its behaviour says; `spawns` adds the frames of a task."""
    window_s, rate_hz = 4.0, 100
    stored = round(does.msgs_per_s * window_s)
    cpu_s = min(stored * does.cpu_us_per_message / 1e6, window_s)
    run = "MainThread;<module> (broker/__main__.py);main (broker/server.py);run (uvloop/loop.py)"
    handle = f"{run};data_received (broker/connection.py);produce (broker/produce.py)"
    wal = "wal;_bootstrap (threading.py);commit (broker/wal/commit.py)"
    shares = {
        f"{run}": 0.22,
        f"{handle};decode (broker/protocol/records.py)": 0.30,
        f"{handle};append (broker/wal/commit.py)": 0.12,
        f"{handle};<script>alert(1)</script> (broker/odd.py)": 0.01,
        f"{run};reply (broker/connection.py);write (broker/connection.py)": 0.15,
        f"{wal};write (broker/wal/segment.py)": 0.20,
    }
    if spawns:
        task = f"{run};propose (broker/metadata/raft.py)"
        shares |= {
            f"{task};dumps (broker/metadata/raft.py)": 0.30,
            f"{task};walk (broker/metadata/raft.py);walk (broker/metadata/raft.py)": 0.10,
        }
    else:
        shares[f"{handle};update_partition_offset (broker/metadata/metalog.py)"] = 0.04
    total = window_s * rate_hz * 2 if kind == "wall" else cpu_s * rate_hz
    whole = sum(shares.values())
    busy = cpu_s * rate_hz
    stacks = {stack: round(busy * share / whole) for stack, share in shares.items()}
    if kind == "wall":
        idle = {
            f"{wal};wait (threading.py)": 0.5,
            f"{run};select (uvloop/loop.py)": 0.5,
        }
        stacks |= {stack: round((total - busy) * share) for stack, share in idle.items()}
    stacks = {stack: n for stack, n in stacks.items() if n > 0}
    return Profile(side, workload, kind, rate_hz, sum(stacks.values()), window_s, cpu_s, stored, stacks)


def a_series(side: Side, workload: str, does: Behaviour, rng: np.random.Generator) -> Series:
    """Give four seconds of what a broker showed while it worked."""
    t = np.arange(0.0, 4.0, 0.1)
    spawned = does.tasks_per_batch * does.batches_per_commit * does.commits_per_s
    values: dict[str, tuple[float | None, ...]] = {
        "rss_bytes": tuple(
            60e6 + does.rss_bytes_per_message * does.msgs_per_s * t + rng.normal(0, 2e5, t.size)
        ),
        "tasks_alive": tuple(12.0 + np.floor(0.4 * spawned * t)),
        "loop_lag_ms": (None, *np.abs(rng.normal(0.4, 0.1, t.size - 1))),
        "stored_msgs_per_s": tuple(does.msgs_per_s * np.exp(rng.normal(0, 0.02, t.size))),
    }
    return Series(
        side, workload, tuple(float(x) for x in t), values, {"bytes_queued": "this broker has no such metric"}
    )


def a_comparison(
    base: Mapping[str, Behaviour] = V220,
    candidate: Mapping[str, Behaviour] = V227,
    *,
    blocks: int = 14,
    slices: int = 6,
    noise: Noise = QUIET,
    seed: int = 1,
    workloads: tuple[Workload, ...] = WORKLOADS,
    names: tuple[str, str] = ("v2.2.0", "v2.2.7"),
    design: Design | None = None,
    histograms: bool = True,
    evidence: bool = True,
    gate_slice_s: float = 0.3,
) -> Comparison:
    """Measure two behaviours. The same arguments give the same comparison.

    `histograms` False leaves the HdrHistograms empty (percentiles stay), `evidence` False leaves out series
    and profiles: both for tests that judge thousands of comparisons.
    """
    rng = np.random.default_rng(seed)
    make = _Maker(rng, noise, slices, histograms, gate_slice_s)
    made: list[Block] = []
    for index in range(blocks):
        shared = {w.name: make.draw(noise.shared) for w in workloads}
        drawn = int(rng.integers(0, 2))
        # As in a real run, the second block takes the order that the first had not.
        first = 1 - made[0].base.order if index == 1 else drawn
        made.append(
            Block(
                index,
                make.start("base", names[0], first, base, workloads, shared),
                make.start("candidate", names[1], 1 - first, candidate, workloads, shared),
                canaries(),
                canaries(1.01),
            )
        )
    series: list[Series] = []
    profiles: list[Profile] = []
    missing: list[MissingProfile] = []
    if evidence:
        for side in SIDES:
            behaviours = base if side == "base" else candidate
            for w in workloads:
                does = behaviours[w.name]
                series.append(a_series(side, w.name, does, rng))
                if w.acks == 0:
                    missing += [
                        MissingProfile(side, w.name, kind, "py-spy was not permitted")
                        for kind in ("cpu", "wall")
                    ]
                else:
                    profiles += [
                        a_profile(side, w.name, kind, does, does.tasks_per_batch > 0)
                        for kind in ("cpu", "wall")
                    ]
    return Comparison(
        schema_version=SCHEMA_VERSION,
        base=a_target(names[0]),
        candidate=a_target(names[1]),
        workloads=workloads,
        design=design or Design(blocks=blocks, seed=seed),
        environment=an_environment(),
        started_at="2026-11-25T03:40:00+00:00",
        command=f"perf compare {names[0]} {names[1]} --seed {seed}",
        pilots=tuple(
            Pilot(
                w.name,
                (max(base[w.name].p50_ms, 0.1), max(candidate[w.name].p50_ms, 0.1)),
                (0.004, 0.004),
                gate_slice_s,
                True,
            )
            for w in workloads
        ),
        blocks=tuple(made),
        series=tuple(series),
        profiles=tuple(profiles),
        missing_profiles=tuple(missing),
        elapsed_s=240.0,
        complete=True,
    )


def a_pair_of_equals(**options: object) -> Comparison:
    """Compare v2.2.0 with itself."""
    return a_comparison(V220, V220, names=("v2.2.0", "v2.2.0"), **options)  # type: ignore[arg-type]


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
