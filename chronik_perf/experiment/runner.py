"""Runs a comparison from its design to its last block, and yields it whenever it has grown."""

from __future__ import annotations

import dataclasses
import datetime
import random
import shutil
import time
from collections.abc import Iterator, Sequence

from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.evidence import Evidence
from chronik_perf.experiment.place import Place, check_free_space
from chronik_perf.experiment.plan import budget
from chronik_perf.experiment.progress import BLOCK, Progress, Report
from chronik_perf.experiment.rig import Rig
from chronik_perf.model import SCHEMA_VERSION, Comparison, Design, Side, Target, Workload

# What one block may write at the most, both sides, before it is refused: a broker keeps its log and a little.
SPACE_PER_WORKLOAD_BYTES = 1 << 30


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
) -> Iterator[Comparison]:
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

    try:
        for done in range(design.blocks):
            report(Progress(BLOCK, done, design.blocks))
            check_free_space(place, SPACE_PER_WORKLOAD_BYTES * len(comparison.workloads))
            # A generator of its own for each block, so that resuming a run repeats no order.
            index = have + done + 1
            rng = random.Random(f"{design.seed}/{index}")
            last = done == design.blocks - 1
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
        shutil.rmtree(place.data_root, ignore_errors=True)
