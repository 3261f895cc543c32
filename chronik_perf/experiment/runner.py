"""Runs a comparison from its design to its last block, and yields it whenever it has grown."""

from __future__ import annotations

import dataclasses
import datetime
import math
import random
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.evidence.gathering import MOST_BYTES, Evidence
from chronik_perf.experiment.evidence.timing import CLOSING_S, evidence_seconds, next_kinds
from chronik_perf.experiment.networks import ISOLATED, networks
from chronik_perf.experiment.pacing import paced
from chronik_perf.experiment.place import Place, beside_the_load, check_free_space, no_data_left
from chronik_perf.experiment.plan import KINDS, budget
from chronik_perf.experiment.planning import affordable, next_pairs, seconds_for_blocks, seconds_left
from chronik_perf.experiment.progress import BLOCK, Progress, Report
from chronik_perf.experiment.rig import Rig
from chronik_perf.model import (
    SCHEMA_VERSION,
    Comparison,
    Design,
    MeasurementFailed,
    ProfileKind,
    Side,
    Target,
    Workload,
)
from chronik_perf.network import Network
from chronik_perf.stats import Standing, judge, standing

# What warm-up and gate slices of one workload write at the most, both sides together.
GATES_BYTES = 1 << 30
SPENT = "the budget went into the blocks that a word takes"


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
        notes=(ISOLATED,) if design.network_namespaces else (),
    )


def run(
    comparison: Comparison, place: Place, report: Report, *, profiles: bool = True
) -> Generator[Comparison, None, None]:
    """Measure more blocks until the outcome is safe or the design's budget is spent, then gather evidence.

    Yields after each block, and once more when it is complete. At most `comparison.design.blocks` blocks are added.
    Raises MeasurementFailed, or KeyboardInterrupt when interrupted; either way no process is left, and what
    was last yielded holds all that was measured.
    """
    design, spend = comparison.design, budget(comparison.design)
    targets: dict[Side, Target] = {"base": comparison.base, "candidate": comparison.candidate}
    begun, earlier_s, have = time.monotonic(), comparison.elapsed_s, len(comparison.blocks)
    pairs: Mapping[str, int] = {}
    # The data of brokers that run already lie on a disk that may not even be here.
    writes = not all(target.runs_already for target in targets.values())
    spent_s: list[float] = []

    def grown(**changes: Any) -> Comparison:
        return dataclasses.replace(comparison, elapsed_s=earlier_s + time.monotonic() - begun, **changes)

    def left() -> float:
        return math.inf if design.budget_s is None else design.budget_s - (time.monotonic() - begun)

    with no_data_left(place), beside_the_load(place), networks(design.network_namespaces) as both:
        runner = BlockRunner(targets, comparison.workloads, place, spend, both)
        where = Standing(stop=False)
        while not where.stop:
            report(Progress(BLOCK, len(spent_s), design.budget_s))
            block_begun = time.monotonic()
            check_free_space(place, writes * len(comparison.workloads) * GATES_BYTES)
            index = have + len(spent_s) + 1
            block, pilots = runner.run(
                index, rng_of(design.seed, index), comparison.pilots, pairs, first_of_next(comparison)
            )
            comparison = grown(blocks=(*comparison.blocks, block), pilots=pilots)
            spent_s.append(time.monotonic() - block_begun)
            verdict = judge(comparison, evidence=False)
            gone_s = time.monotonic() - begun
            left_s = seconds_for_blocks(comparison, verdict, gone_s, spend, profiles)
            last_s = seconds_left(comparison, gone_s, spend, profiles=False)
            more, at_most = (affordable(comparison, spent_s, s) for s in (left_s, last_s))
            where = standing(comparison, verdict, more, at_most)
            if where.stop:
                comparison = grown(ended=where.reason, decided_s=earlier_s + gone_s)
            yield comparison
            due_s = left_s if more else last_s
            pairs = next_pairs(comparison, verdict, spent_s, due_s, spend.least_pairs)
        evidence = Evidence()
        starts = spend.profile_starts if profiles else 1
        left_s = left()
        if profiles and evidence_seconds(comparison, spend, 1, profiles=True) > left_s:
            evidence.lack_of("profiles", SPENT)
            profiles, starts = False, 1
        if evidence_seconds(comparison, spend, 1, profiles) > left_s:
            evidence.lack_of("series", SPENT)
            starts = 0
        windows = len(comparison.workloads) * 2 * (1 + len(KINDS) * profiles)
        try:
            check_free_space(place, bool(starts) * writes * windows * MOST_BYTES)
        except MeasurementFailed as error:
            evidence.fail(error)
            starts = 0
        index = have + len(spent_s) + 1
        kinds: Sequence[ProfileKind] = KINDS if profiles else ()
        for start in range(starts):

            def watch(
                rig: Rig,
                others: Sequence[Rig],
                start: int = start,
                kinds: Sequence[ProfileKind] = kinds,
            ) -> None:
                report(Progress(f"evidence on {rig.target.name}", len(spent_s), design.budget_s))
                loads = paced(comparison, rig.side)
                evidence.gather(rig, others, loads, spend, start=start, kinds=kinds)

            def leave(rig: Rig, network: Network, start: int = start) -> None:
                several = profiles and spend.profile_starts > 1
                if start < spend.probed_starts:
                    evidence.probe(rig, place, network, start, left() - CLOSING_S, profiles=several)

            start_begun = time.monotonic()
            try:
                rng = rng_of(design.seed, index + start)
                runner.watched(index + start, rng, comparison.pilots, watch, leave)
            except MeasurementFailed as error:
                # The verdict stands without what would have explained it.
                evidence.fail(error)
            took_s = time.monotonic() - start_begun - (evidence.series_took_s if start == 0 else 0.0)
            # The next may take longer than the last.
            left_s = (left() - CLOSING_S) / 1.2
            waits = any(one.kind == "wall" for one in evidence.profiles)
            following = next_kinds(comparison, spend, start + 1, kinds, took_s, left_s, waits=waits)
            unprofiled = start + 1 >= spend.probed_starts and not evidence.profiles
            if evidence.failed or following is None or unprofiled:
                break
            kinds = following
        evidence.note_short_profiles(design.cpu_profile_s if profiles else None, comparison.workloads)
        comparison = evidence.added_to(comparison)
        yield grown(complete=True)


def first_of_next(comparison: Comparison) -> Side | None:
    """Give the side to be started first: in the second block the one that was not in the first; others are drawn.

    What a place adds is known only when each side has had both, and until then half of the bets must wait. One coin for
    two blocks keeps the bets fair: what a favoured place wins in the one it loses in the other.
    """
    if len(comparison.blocks) != 1:
        return None
    return "candidate" if comparison.blocks[0].base.order == 0 else "base"


def rng_of(seed: int, index: int) -> random.Random:
    """Give the random orders of one block: a generator of its own, so that going on repeats none."""
    return random.Random(f"{seed}/{index}")
