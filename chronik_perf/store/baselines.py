"""Baselines: what a release gave on one class of machines, start by start, kept under version control.

A baseline never makes a verdict: those exist only for versions that were measured side by side. It tells what to
expect of a release on this class of machines, and so whether the machine or the measurement has drifted.
"""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from chronik_perf.model import BadInput, Comparison, Environment, Side, Unavailable, Workload, judged
from chronik_perf.store.reading import read_document, write
from chronik_perf.store.run_folder import file_word

BASELINE_SCHEMA = 1
# Facts that tell classes of machines apart. Others name paths, and programs that happened to run.
KEPT_FACTS = ("machine", "system", "memory", "virtual machine", "frequency governor")


@dataclass(frozen=True, slots=True)
class Machine:
    """The class of machines that a baseline holds for; equal fingerprints may be compared."""

    fingerprint: str
    cpu_model: str
    cores: int
    kernel: str
    python: str
    filesystem: str
    facts: dict[str, str]

    @property
    def name(self) -> str:
        """Name the class as its folder is named: for people first, and the fingerprint for the rest."""
        model = re.sub(r"[^a-z0-9]+", "-", self.cpu_model.lower()).strip("-")[:40].strip("-")
        return f"{model or 'cpu'}-{self.cores}-cores-{file_word(self.fingerprint)[:8]}"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One metric of one workload: a value per start in the order of blocks, in `unit`, and their median."""

    workload: str
    metric: str
    unit: str
    values: tuple[float, ...]
    n: int
    median: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """One release on one class of machines. `warnings` counts what the run said against the machine's quiet."""

    schema_version: int
    release: str
    recorded_at: str  # ISO 8601, UTC
    commit: str | None
    dirty: bool | None
    machine: Machine
    clients: dict[str, str]
    config: dict[str, str]
    workloads: tuple[Workload, ...]
    warnings: int
    metrics: tuple[Recorded, ...]


_DOCUMENT = TypeAdapter(Baseline)


def record(comparison: Comparison, side: Side, folder: Path) -> Path:
    """Write one side of a comparison as FOLDER/<machine class>/<release>.json and give the path.

    What was recorded before is replaced. Raises BadInput for a comparison without a block that counts, and
    for a side that is not a release as it ships: its name would not say what was measured.
    """
    target = comparison.target(side)
    if file_word(target.name) != target.name:
        raise BadInput(f"{target.name!r} is not a release as it ships, and only those become baselines")
    if not comparison.kept_blocks:
        raise BadInput("nothing can be recorded: the run has no block that counts; measure it again")
    made = Baseline(
        schema_version=BASELINE_SCHEMA,
        release=target.name,
        recorded_at=comparison.started_at,
        commit=target.provenance.commit,
        dirty=target.provenance.dirty,
        machine=machine_of(comparison.environment),
        clients=comparison.environment.clients,
        config=comparison.kept_blocks[0].side(side).config,
        workloads=comparison.workloads,
        warnings=len(comparison.environment.warnings),
        metrics=measured(comparison, side),
    )
    path = folder / made.machine.name / f"{target.name}.json"
    write(path, _DOCUMENT.dump_json(made, indent=2) + b"\n")
    return path


def measured(comparison: Comparison, side: Side) -> tuple[Recorded, ...]:
    """Give every metric of one side that at least one start has; a start without it is left out of `values`."""
    found = []
    for workload in comparison.workloads:
        for metric, _, _ in judged((workload,)):
            taken = [metric.take(block.side(side), workload.name) for block in comparison.kept_blocks]
            # Six digits are more than any of them is good for, and keep the files' differences readable.
            values = tuple(float(f"{v:.6g}") for v in taken if not isinstance(v, Unavailable))
            if values:
                median = statistics.median(values)
                found.append(Recorded(workload.name, metric.name, metric.unit, values, len(values), median))
    return tuple(found)


def machine_of(environment: Environment) -> Machine:
    """Give the class of machines of an environment, without what names this one machine."""
    return Machine(
        fingerprint=environment.fingerprint,
        cpu_model=environment.cpu_model,
        cores=environment.cores,
        kernel=environment.kernel,
        python=environment.python,
        filesystem=environment.filesystem,
        # Of the memory how much there is, and not how much was free on that day.
        facts={k: environment.facts[k].partition(",")[0] for k in KEPT_FACTS if k in environment.facts},
    )


def baselines(folder: Path) -> tuple[Baseline, ...]:
    """Give all baselines of a folder, by class of machines and release. Raises BadInput for a broken one."""
    return tuple(_load(path) for path in sorted(folder.glob("*/*.json")))


def find(release: str, environment: Environment, folder: Path) -> Baseline | None:
    """Give the baseline of a release for this class of machines; None if none was recorded."""
    for path in sorted(folder.glob(f"*/{file_word(release)}.json")):
        baseline = _load(path)
        if baseline.release == release and not_comparable(baseline, environment) is None:
            return baseline
    return None


def not_comparable(baseline: Baseline, environment: Environment) -> str | None:
    """Say why numbers measured in an environment may not be held against a baseline; None if they may."""
    if baseline.machine.fingerprint == environment.fingerprint:
        return None
    here, there = machine_of(environment), baseline.machine
    return f"not comparable: recorded on {_told(there)}; this is {_told(here)}"


def _told(machine: Machine) -> str:
    parts = (
        f"{machine.cores} × {machine.cpu_model}",
        machine.facts.get("memory", ""),
        machine.filesystem,
        machine.kernel,
    )
    return ", ".join(part for part in parts if part)


def _load(path: Path) -> Baseline:
    remedy = "record it again with: perf baseline record RUN"
    return read_document(path, _DOCUMENT, BASELINE_SCHEMA, "baseline", remedy)
