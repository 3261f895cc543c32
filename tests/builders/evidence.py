"""Evidence: profiles and series of a broker that does what its behaviour says."""

from __future__ import annotations

import numpy as np

from chronik_perf.model import PROBED, Probe, Profile, ProfileKind, Series, Side, Unavailable, Waits
from tests.builders.behaviour import Behaviour


def a_profile(
    side: Side, workload: str, kind: ProfileKind, does: Behaviour, spawns: bool, start: int
) -> Profile:
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
    waits: Waits | Unavailable = Unavailable("a cpu profile does not look at waiting")
    if kind == "wall":
        looks = round(window_s * 50)
        working, syncing = round(looks * cpu_s / window_s), round(looks * 0.08)
        waits = Waits(
            looks,
            {
                "MainThread;runs": working,
                "MainThread;event loop idle": looks - working,
                "wal;sync": syncing,
                # a worker that gathers batches for a while sleeps where the other waits for the next one
                f"wal;{'sleep' if spawns else 'lock or queue'}": looks - syncing,
                "metrics;event loop idle": looks,
            },
            window_s,
            stored,
        )
    return Profile(
        side,
        workload,
        kind,
        rate_hz,
        sum(stacks.values()),
        window_s,
        cpu_s,
        stored,
        stacks,
        start,
        waits=waits,
    )


def a_probe(side: Side, start: int) -> Probe:
    """Give what one start of a sound broker told, of which nothing differs from start to start by more than a tenth."""
    told = {of.name: 0.0 if of.count else 1.0 + 0.1 * ((3 * start + len(of.name)) % 4) / 4 for of in PROBED}
    return Probe(
        side, start, {**told, "topic_creation": Unavailable("topics are made on brokers of one's own")}
    )


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
        "accepted_msgs_per_s": tuple(does.msgs_per_s * np.exp(rng.normal(0, 0.02, t.size))),
    }
    lacking = {"bytes_queued": "this broker has no such metric"}
    return Series(side, workload, tuple(float(x) for x in t), values, lacking, load_s=4.0)
