"""Baselines: what one version gave on one class of machines, start by start, in a file to keep under version control.

A baseline never makes a verdict: those exist only for versions that were measured side by side. It tells what to
expect of a version on this class of machines, and so whether the machine or the measurement has drifted.
"""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from chronik_perf.model import (
    BadInput,
    Comparison,
    Environment,
    Provenance,
    Side,
    Target,
    Unavailable,
    Workload,
    judged,
)
from chronik_perf.store.reading import read_document
from chronik_perf.store.run_folder import file_word

BASELINE_SCHEMA = 2
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
    """One version on one class of machines. `warnings` counts what the run said against the machine's quiet.

    `version` is a release, a ref as it was typed, or a command; `overrides` are the settings that were changed.
    """

    schema_version: int
    version: str
    overrides: dict[str, str]
    provenance: Provenance
    recorded_at: str  # ISO 8601, UTC
    machine: Machine
    clients: dict[str, str]
    config: dict[str, str]
    workloads: tuple[Workload, ...]
    warnings: int
    metrics: tuple[Recorded, ...]

    @property
    def title(self) -> str:
        """Say to people which version it is."""
        changed = ", ".join(f"{key}={value}" for key, value in self.overrides.items())
        of = self.provenance.commit
        return f"{self.version}{f' with {changed}' if changed else ''}{f' (commit {of[:12]})' if of else ''}"


_DOCUMENT = TypeAdapter(Baseline)


def of_run(comparison: Comparison, side: Side) -> Baseline:
    """Give what one side of a comparison would be as a baseline.

    Raises BadInput where nobody could tell from it which version that was.
    """
    target = comparison.target(side)
    if why := unknown_version(target):
        raise BadInput(why)
    kept = comparison.kept_blocks
    return Baseline(
        schema_version=BASELINE_SCHEMA,
        version=target.version,
        overrides=target.overrides,
        # Where a repository or a program lies is of this machine; what a wheel is made of holds anywhere.
        provenance=dataclasses.replace(
            target.provenance, detail=target.provenance.detail if target.provenance.source == "wheel" else ""
        ),
        recorded_at=comparison.started_at,
        machine=machine_of(comparison.environment),
        clients=comparison.environment.clients,
        config=kept[0].side(side).config if kept else target.config,
        workloads=comparison.workloads,
        warnings=len(comparison.environment.warnings),
        metrics=measured(comparison, side),
    )


def unknown_version(target: Target) -> str | None:
    """Say why nobody can tell later which version a target was; None if all can.

    A command has no commit: what it is, only its owner knows.
    """
    of = target.provenance
    if of.dirty:
        changed = f" ({of.detail})" if of.detail else ""
        return (
            f"{target.name} ran with uncommitted changes{changed}, so no commit says what was measured; commit them "
            "and measure again"
        )
    if of.source == "running":
        return (
            f"{target.name} ran already when it was measured, so nobody knows its version, and it cannot be had again; "
            "measure one that perf starts"
        )
    if of.source not in ("command", "wheel") and (of.commit is None or of.dirty is None):
        why = f": {of.detail}" if of.commit is None and of.detail else ""
        return (
            f"nobody knows which version {target.name} was (source {of.source}{why}), so it cannot be kept as one; "
            "measure one with a commit"
        )
    if not target.version:
        return f"{target.name} was measured by an earlier perf, which did not keep what was asked for; measure it again"
    return None


def measured(comparison: Comparison, side: Side) -> tuple[Recorded, ...]:
    """Give every metric of one side that at least one start has; a start without it is left out of `values`."""
    found = []
    for workload in comparison.workloads:
        for metric, _, _ in judged((workload,)):
            taken = [metric.take(block.side(side), workload.name) for block in comparison.kept_blocks]
            # Six digits are more than any of them is good for, and keep the files' differences readable.
            values = tuple(float(f"{v:.6g}") for v in taken if not isinstance(v, Unavailable))
            if values:
                median = float(f"{statistics.median(values):.6g}")
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


def not_comparable(baseline: Baseline, environment: Environment) -> str | None:
    """Say why numbers measured in an environment may not be held against a baseline; None if they may."""
    if baseline.machine.fingerprint == environment.fingerprint:
        return None
    here, there = machine_of(environment), baseline.machine
    return f"not comparable: recorded on {_told(there)}; this is {_told(here)}"


def as_text(baseline: Baseline) -> str:
    """Write a baseline so that it reviews well: sorted keys, and the values of a metric on one line."""
    text = json.dumps(
        _DOCUMENT.dump_python(baseline, mode="json"), indent=2, sort_keys=True, ensure_ascii=False
    )
    # Only a list of numbers has numbers alone between brackets on lines of their own; texts have no line breaks.
    return re.sub(r"\[\n[-+.\deE,\s]+\]", lambda found: f"[{' '.join(found[0][1:-1].split())}]", text) + "\n"


def read_baseline(path: Path) -> Baseline:
    """Read a baseline's file. Raises BadInput for one that is broken, or of another schema."""
    remedy = "measure it again, and: perf baseline save RUN"
    found = read_document(path, _DOCUMENT, BASELINE_SCHEMA, "baseline", remedy)
    for row in found.metrics:
        if not row.values:  # `measured` keeps no such row
            raise BadInput(
                f"{path} is not a whole baseline: {row.metric} of {row.workload} has no value; {remedy}"
            )
    return found


def _told(machine: Machine) -> str:
    parts = (
        f"{machine.cores} × {machine.cpu_model}",
        machine.facts.get("memory", ""),
        machine.filesystem,
        machine.kernel,
    )
    return ", ".join(part for part in parts if part)
