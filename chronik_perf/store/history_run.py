"""What a run of `perf compare` has for the history: its candidate's levels, and the same against the base beside it."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import statistics
from dataclasses import asdict

from chronik_perf.model import BadInput, Comparison, Metric, Target, Unavailable, Workload, judged
from chronik_perf.model.history import Kind, Occasion, Reading, Result
from chronik_perf.store.baselines import machine_of


def of_comparison(comparison: Comparison, label: str = "", time: str | None = None) -> Result:
    """Give what the candidate of a comparison gave; `time` (ISO 8601, UTC) places it, else the time of its measurement.

    Raises BadInput for a comparison without a block that counts.
    """
    if not comparison.kept_blocks:
        raise BadInput("the run has no block that counts, so there is nothing to keep; measure it again")
    candidate, machine = comparison.candidate, machine_of(comparison.environment)
    environment = comparison.environment
    occasion = Occasion(
        # More blocks of the same run (--resume) are the same occasion.
        identity=digest(
            "run", comparison.started_at, comparison.design.seed, environment.fingerprint, candidate.name
        ),
        version=candidate.name,
        commit=candidate.provenance.commit,
        dirty=candidate.provenance.dirty,
        label=label,
        time=time or utc(comparison.started_at),
        machine=machine.fingerprint,
        machine_name=machine.name,
        base=comparison.base.name,
        base_identity=_identity(comparison.base),
        tools={"python": environment.python, "kernel": environment.kernel, **environment.clients},
    )
    readings, missing = [], []
    for workload in comparison.workloads:
        for metric, _, role in judged((workload,)):
            reading = _reading(comparison, metric, workload, occasion)
            if isinstance(reading, Unavailable):
                missing.append(f"{metric.title} ({workload.name}): {reading.reason}")
                continue
            asked = comparison.design.thresholds
            threshold = asked.get(f"{metric.name}@{workload.name}", asked.get(metric.name, metric.threshold))
            kind = Kind(
                metric=metric.name,
                title=metric.title,
                unit=metric.unit,
                better=metric.better,
                scale=metric.scale,
                threshold=threshold,
                role=role,
                workload=workload.name,
                workload_title=workload.title,
                workload_identity=_workload_identity(workload),
            )
            readings.append((kind, reading))
    return Result(occasion, tuple(readings), tuple(missing))


def _reading(
    comparison: Comparison, metric: Metric, workload: Workload, occasion: Occasion
) -> Reading | Unavailable:
    levels: list[float] = []
    against: list[float] = []
    why = Unavailable("no block has it")
    for block in comparison.kept_blocks:
        base, candidate = (metric.take(start, workload.name) for start in (block.base, block.candidate))
        if isinstance(candidate, Unavailable):
            why = candidate
            continue
        if metric.scale == "ratio" and candidate <= 0:
            why = Unavailable("a value of 0 has no ratio")
            continue
        levels.append(math.log(candidate) if metric.scale == "ratio" else candidate)
        if isinstance(base, Unavailable) or (metric.scale == "ratio" and base <= 0):
            continue
        against.append(levels[-1] - (math.log(base) if metric.scale == "ratio" else base))
    if not levels:
        return why

    def back(values: list[float]) -> float:
        mean = statistics.fmean(values)
        return math.exp(mean) if metric.scale == "ratio" else mean

    return Reading(
        occasion=occasion,
        level=back(levels),
        level_sd=statistics.stdev(levels) if len(levels) > 1 else None,
        blocks=len(levels),
        against_base=back(against) if against else None,
        against_base_sd=statistics.stdev(against) if len(against) > 1 else None,
    )


def _identity(target: Target) -> str:
    if target.provenance.dirty or target.runs_already:  # two such may differ, and nothing tells
        return ""
    return digest(target.name, target.provenance.commit, sorted(target.config.items()))


def _workload_identity(workload: Workload) -> str:
    """Tell workloads apart by all but their title, which is words for people."""
    return digest(*(pair for pair in sorted(asdict(workload).items()) if pair[0] != "title"))


def digest(*parts: object) -> str:
    """Give a short name for parts that is the same only for the same parts."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:20]


def utc(text: str) -> str:
    """Give a time in UTC to the second, so that times sort as text; seconds since 1970 are read, too.

    Raises ValueError where it is no time.
    """
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        moment = datetime.datetime.fromtimestamp(float(text), datetime.UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
