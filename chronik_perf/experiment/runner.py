"""Runs a comparison from its design to its last block, and yields it whenever it has grown."""

from __future__ import annotations

import dataclasses
import datetime
import os
import random
import shutil
import time
from collections.abc import Generator, Sequence

from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.evidence import KINDS, MOST_BYTES, Evidence
from chronik_perf.experiment.place import Place, check_free_space
from chronik_perf.experiment.plan import budget
from chronik_perf.experiment.progress import BLOCK, Progress, Report
from chronik_perf.experiment.rig import Rig
from chronik_perf.model import SCHEMA_VERSION, Comparison, Design, Side, Target, Workload

# What warm-up and gate slices of one workload write at the most, both sides together.
GATES_BYTES = 1 << 30


def new_comparison(
    base: Target,
    candidate: Target,
    workloads: tuple[Workload, ...],
    design: Design,
    place: Place,
    command: str,
) -> Comparison:
    """Give a comparison in which nothing has been measured yet."""
    return Comparison(
        schema_version=SCHEMA_VERSION,
        base=base,
        candidate=candidate,
        workloads=workloads,
        design=design,
        environment=place.environment,
        started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=command,
    )


def run(
    comparison: Comparison, place: Place, report: Report, *, profiles: bool = True
) -> Generator[Comparison, None, None]:
    """Measure `comparison.design.blocks` more blocks, evidence in the last one; yield after each.

    Raises MeasurementFailed, or KeyboardInterrupt when interrupted; either way no process is left, and what
    was last yielded holds all that was measured.
    """
    design, spend = comparison.design, budget(comparison.design)
    targets: dict[Side, Target] = {"base": comparison.base, "candidate": comparison.candidate}
    runner = BlockRunner(targets, comparison.workloads, place, spend.gate_s)
    begun, earlier_s, have = time.monotonic(), comparison.elapsed_s, len(comparison.blocks)
    evidence = Evidence()

    def gather(rig: Rig, others: Sequence[Rig]) -> None:
        report(Progress(f"evidence on {rig.target.name}", design.blocks - 1, design.blocks))
        evidence.gather(rig, others, comparison.workloads, spend, profiles=profiles)

    affinity = os.sched_getaffinity(0)
    try:
        if place.load_core is not None:
            # The broker has its core to itself; this process's looking and drawing is done beside the load.
            os.sched_setaffinity(0, {place.load_core})
        for done in range(design.blocks):
            report(Progress(BLOCK, done, design.blocks))
            last = done == design.blocks - 1
            check_free_space(place, len(comparison.workloads) * _bytes_per_workload(last, profiles))
            # A generator of its own for each block, so that resuming a run repeats no order.
            index = have + done + 1
            rng = random.Random(f"{design.seed}/{index}")
            block, pilots = runner.run(index, rng, comparison.pilots, gather if last else None)
            comparison = dataclasses.replace(
                comparison,
                blocks=(*comparison.blocks, block),
                pilots=pilots,
                series=tuple(evidence.series) or comparison.series,
                profiles=tuple(evidence.profiles) or comparison.profiles,
                missing_profiles=tuple(evidence.missing_profiles),
                elapsed_s=earlier_s + time.monotonic() - begun,
                complete=last,
            )
            yield comparison
    finally:
        os.sched_setaffinity(0, affinity)
        shutil.rmtree(place.data_root, ignore_errors=True)


def _bytes_per_workload(last: bool, profiles: bool) -> int:
    windows = (1 + len(KINDS) * profiles) if last else 0  # the last block takes the evidence
    return GATES_BYTES + 2 * windows * MOST_BYTES
