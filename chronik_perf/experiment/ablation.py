"""Measures the arms of an ablation in rounds: one block of each arm that is still needed, in random order."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Generator, Mapping, Sequence

from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.networks import networks
from chronik_perf.experiment.place import Place, beside_the_load, check_free_space, no_data_left
from chronik_perf.experiment.plan import budget
from chronik_perf.experiment.progress import Progress, Report
from chronik_perf.experiment.runner import GATES_BYTES, first_of_next, rng_of
from chronik_perf.model import Comparison, Side, Target
from chronik_perf.model.ablation import Arm

Keys = tuple[str, ...]
Needed = Callable[[Sequence[Arm]], tuple[Sequence[Keys], Sequence[str]]]
"""Given all arms as far as they are measured, those that need another round, and the workloads that do."""


def ablate(
    comparisons: Mapping[Keys, Comparison], places: Mapping[Keys, Place], needed: Needed, report: Report
) -> Generator[Arm, None, None]:
    """Measure rounds until no arm is needed any more or the next block may not end within the design's budget.

    `comparisons`, which may have blocks already, and `places` have one entry an arm, with the same design and data
    folder. Yields each arm that has grown by a block. Raises MeasurementFailed, or KeyboardInterrupt when interrupted;
    no process is left then, and what was yielded holds all that was measured.
    """
    arms = {keys: Arm(keys, comparison) for keys, comparison in comparisons.items()}
    first = next(iter(arms.values())).comparison
    design, begun, took_s = first.design, time.monotonic(), dict[Keys, float]()
    # A round that was interrupted is not gone on with: its blocks would not be close in time.
    index = max((b.index for c in comparisons.values() for b in c.blocks), default=0)
    place = next(iter(places.values()))
    with no_data_left(place), beside_the_load(place), networks(design.network_namespaces) as both:
        while True:
            wanted, names = needed(list(arms.values()))
            if not wanted:
                return
            index += 1
            rng = rng_of(design.seed, index)
            for keys in rng.sample(wanted, len(wanted)):
                comparison, block_begun = arms[keys].comparison, time.monotonic()
                left_s = (design.budget_s or float("inf")) - (block_begun - begun)
                if took_s.get(keys, max(took_s.values(), default=0.0)) > left_s:
                    return  # a round that is not whole counts for the arms that it has
                report(Progress(f"round {index}, {comparison.candidate.name}", index - 1, design.budget_s))
                check_free_space(places[keys], len(names) * GATES_BYTES)
                loads = tuple(w for w in comparison.workloads if w.name in names)
                targets: dict[Side, Target] = {"base": comparison.base, "candidate": comparison.candidate}
                runner = BlockRunner(targets, loads, places[keys], budget(design), both)
                block, pilots = runner.run(index, rng, comparison.pilots, {}, first_of_next(comparison))
                took_s[keys] = time.monotonic() - block_begun
                grown = dataclasses.replace(
                    comparison,
                    blocks=(*comparison.blocks, block),
                    pilots=pilots,
                    elapsed_s=comparison.elapsed_s + took_s[keys],
                )
                arms[keys] = Arm(keys, grown)
                yield arms[keys]
