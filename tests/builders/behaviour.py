"""What a version of a broker does under a workload, declared; and the noise that a machine adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chronik_perf.model import Workload

ACKS1 = Workload(
    "acks1", "acks=1, 128 in flight (librdkafka)", "librdkafka", 1, 256, 128, 0.0, 1, 0.06, 64 << 20
)
RAW = Workload("raw", "acks=1, 128 raw connections", "wire", 1, 256, 128, 0.0, 1, 0.06, 64 << 20)
ACKS0 = Workload(
    "acks0", "acks=0, full batches (librdkafka)", "librdkafka", 0, 256, 100_000, 5.0, 1, 0.1, 32 << 20
)
WORKLOADS = (ACKS1, RAW, ACKS0)


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
