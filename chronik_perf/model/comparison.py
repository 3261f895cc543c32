"""The comparison document: everything that was measured, and the circumstances. Verdicts are computed from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from chronik_perf.model.block import Block
from chronik_perf.model.cause import Cause
from chronik_perf.model.evidence import Lacking, MissingProfile, Profile, Series
from chronik_perf.model.measured import Measured
from chronik_perf.model.probe import Probe
from chronik_perf.model.target import Side, Target
from chronik_perf.model.workload import Workload

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Design:
    """The plan, fixed before the first block.

    `blocks` is how many there may be at most, and `budget_s` how many seconds the whole run may take, evidence
    included; it ends before that as soon as its outcome is safe. `thresholds` maps "metric@workload" to what a person
    asked for instead of the metric's own threshold; `family_error` is shared by all gates and watches of all
    workloads, and holds over all looks together. `accepted` maps "metric" or "metric@workload" to the reason for which
    a regression of it is let pass. `client_config` is what all loads set for TLS and SASL, its secrets replaced.
    With `network_namespaces` each side has a network of its own, for its broker and its load, that is loopback alone.
    `cpu_profile_s` is how long a person wants the CPU of each side profiled under each workload, all starts together.
    """

    blocks: int
    seed: int
    family_error: float = 0.01
    thresholds: dict[str, float] = field(default_factory=dict)
    quick: bool = False
    budget_s: float | None = None
    accepted: dict[str, str] = field(default_factory=dict)
    client_config: dict[str, str] = field(default_factory=dict)
    network_namespaces: bool = False
    cpu_profile_s: float | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the tools, as far as they can change a number. `facts` is for people, in order."""

    fingerprint: str  # same machine class, same fingerprint
    cpu_model: str
    cores: int
    broker_core: int | None
    load_core: int | None
    kernel: str
    python: str
    filesystem: str
    mount_options: str
    clients: dict[str, str]  # client library -> version
    facts: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pilot:
    """What a short trial told about one workload before the first block, and what was planned from it.

    Round trips and quiet times are (base, candidate). A slice is given in so many `bursts`, which the two sides have in
    turns.
    """

    workload: str
    round_trip_ms: tuple[float, float]
    quiet_s: tuple[Measured, Measured]
    slice_s: float
    interleaved: bool
    note: str = ""
    bursts: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison, whole. `complete` is False when it was interrupted: what was measured is kept."""

    schema_version: int
    base: Target
    candidate: Target
    workloads: tuple[Workload, ...]
    design: Design
    environment: Environment
    started_at: str  # ISO 8601, UTC
    command: str  # reproduces it
    pilots: tuple[Pilot, ...] = ()
    blocks: tuple[Block, ...] = ()
    series: tuple[Series, ...] = ()
    profiles: tuple[Profile, ...] = ()
    missing_profiles: tuple[MissingProfile, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    probes: tuple[Probe, ...] = ()
    elapsed_s: float = 0.0
    complete: bool = False
    ended: str = ""  # why no more blocks were measured
    decided_s: float | None = None  # of `elapsed_s`, until that was known: the rest is evidence
    notes: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()  # what perf explain found

    @property
    def kept_blocks(self) -> tuple[Block, ...]:
        """Blocks that count."""
        return tuple(b for b in self.blocks if b.discarded is None)

    def target(self, side: Side) -> Target:
        """Give the target of one side."""
        return self.base if side == "base" else self.candidate

    def workload(self, name: str) -> Workload:
        """Give a workload by name; KeyError where there is none."""
        for workload in self.workloads:
            if workload.name == name:
                return workload
        raise KeyError(name)
