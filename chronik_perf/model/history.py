"""What many versions gave, one after the other: the words of `perf history`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chronik_perf.model.verdict import Role


@dataclass(frozen=True, slots=True)
class Occasion:
    """One version, measured once. `identity` is the same for the same measurement, however often it is read.

    `base` names what it was measured side by side with, and `base_identity` is the same only for the same code in the
    same configuration; empty where there was nothing beside it, or nobody can tell what it was (uncommitted changes).
    `tools` are what else can change a number: client libraries, Python and the kernel, by name, with their versions.
    """

    identity: str
    version: str
    commit: str | None
    dirty: bool | None
    label: str
    time: str  # ISO 8601, UTC
    machine: str  # the fingerprint of its class
    machine_name: str
    base: str = ""
    base_identity: str = ""
    tools: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name the version as a person would: with its label, or else with its commit where that says more."""
        if self.label:
            return f"{self.version} ({self.label})"
        short = (self.commit or "")[:10]
        return f"{self.version} ({short})" if short and not self.version.startswith(short) else self.version


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes numbers comparable over time: two readings are of one series only if all of this is the same.

    `workload_identity` tells two workloads of one name apart. `threshold` is X, relative on the ratio scale and in
    `unit` on the difference scale.
    """

    metric: str
    title: str
    unit: str
    better: Literal["higher", "lower"]
    scale: Literal["ratio", "difference"]
    threshold: float
    role: Role
    workload: str
    workload_title: str
    workload_identity: str

    @property
    def name(self) -> str:
        """Name it as options do."""
        return f"{self.metric}@{self.workload}" if self.workload else self.metric


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one series: the level over blocks in the metric's unit, and its SD over blocks.

    On the ratio scale `level` is the geometric mean and `level_sd` the SD of the logarithms; on the difference scale
    they are the mean and the SD. `against_base` is the same of candidate and base measured side by side: a ratio, or a
    difference in the unit; None where there was no base. An SD is None where there was one block, or none is known.
    """

    occasion: Occasion
    level: float
    level_sd: float | None
    blocks: int
    against_base: float | None = None
    against_base_sd: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """One series: one metric under one workload on one class of machines, in order of time."""

    kind: Kind
    machine: str
    machine_name: str
    readings: tuple[Reading, ...]

    @property
    def name(self) -> str:
        """Name it as options do."""
        return self.kind.name


@dataclass(frozen=True, slots=True)
class Result:
    """All that one occasion gave, to be kept. `missing` are sentences on what could not be read."""

    occasion: Occasion
    readings: tuple[tuple[Kind, Reading], ...]
    missing: tuple[str, ...] = ()
