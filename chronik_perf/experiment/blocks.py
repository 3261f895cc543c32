"""One block: both versions started afresh, warmed up, and measured in slices in random order."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping, Sequence

import psutil

from chronik_perf.experiment.bursts import measure_pair
from chronik_perf.experiment.networks import SHARED, Networks, why_in_turn
from chronik_perf.experiment.pilot import first_slices, fly_pilot, fly_trials, plan_slices
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import Budget
from chronik_perf.experiment.rig import (
    LITTLE_PATIENCE_S,
    PATIENCE_S,
    PILOT_PATIENCE_S,
    Rig,
    learn_idling,
    rigs_end,
)
from chronik_perf.experiment.slices import measure_slice
from chronik_perf.experiment.starting import start_rig
from chronik_perf.experiment.warmup import warm_up
from chronik_perf.model import SIDES, Block, Canaries, Pilot, Side, Slice, Start, Target, Workload
from chronik_perf.network import Network
from chronik_perf.sampling.canaries import measure_canaries

# Both sides of a pair lose alike. In the recorded comparisons that had such blocks (benchmarks/data), throughput of ten
# with 15 to 25 % stolen had an SD of 3.6 %, 36 with less than 10 % one of 6.4 %, and two with more one of 7 %.
MOST_STOLEN = 0.25
# All that one start of a block may have over the other hangs on one thing, which is drawn at random and which the
# bets know of: who was started first has the first folder, too.
PLACES = ("data-a", "data-b")

Watch = Callable[[Rig, Sequence[Rig]], None]
"""Called for each rig that is up and warm; the other rigs up come second."""

Leave = Callable[[Rig, Network], None]
"""Called for each rig, with its network, when all have been watched; it may stop the rig's broker."""


class BlockRunner:
    """Runs the blocks of one comparison: same targets, workloads and place, a random order of its own for each."""

    def __init__(
        self,
        targets: dict[Side, Target],
        workloads: tuple[Workload, ...],
        place: Place,
        spend: Budget,
        networks: Networks = SHARED,
    ) -> None:
        """`spend` tells how much load a block gets where no number of pairs is asked for."""
        self._targets = targets
        self._workloads = workloads
        self._place = place
        self._spend = spend
        self._networks = networks
        self._alone = why_in_turn(targets.values(), networks[0].is_namespace)

    def run(
        self,
        index: int,
        rng: random.Random,
        pilots: tuple[Pilot, ...],
        pairs: Mapping[str, int],
        first: Side | None = None,
    ) -> tuple[Block, tuple[Pilot, ...]]:
        """Run one block. Without `pilots` it flies them first and gives them back.

        `pairs` is the number of slices of each side by workload, for those that have a plan. `first` is the side that
        is started first; by default it is drawn.

        Raises MeasurementFailed; whatever was started is ended before anything leaves this method.
        """
        stolen = _Stolen()
        canaries_before = self._canaries()
        drawn = rng.sample(SIDES, 2)
        order = list(enumerate(sorted(SIDES, key=lambda side: side != first) if first else drawn))
        rigs: list[Rig] = []
        try:
            if not pilots and self._alone:
                pilots = self._pilots_in_turn(rigs, index, order, rng)
            elif not pilots:
                self._begin(rigs, index, order, rng)
                by_side = {rig.side: rig for rig in rigs}
                pilots = tuple(fly_pilot(by_side["base"], by_side["candidate"], w) for w in self._workloads)
            interleaved = all(p.interleaved for p in pilots)
            if interleaved:
                if not rigs:
                    self._begin(rigs, index, order, rng)
                for rig in rigs:
                    rig.patience_s = PATIENCE_S
                starts = self._measure(rigs, pilots, rng, pairs)
            else:
                for rig in rigs:
                    rig.kill()
                rigs.clear()
                starts = {}
                for place in order:
                    self._begin(rigs, index, [place], rng, patience_s=LITTLE_PATIENCE_S)
                    starts |= self._measure(rigs, pilots, rng, pairs)
        finally:
            for rig in rigs:
                rig.kill()
        return (
            Block(
                index=index,
                base=starts["base"],
                candidate=starts["candidate"],
                canaries_before=canaries_before,
                canaries_after=self._canaries(),
                interleaved=interleaved,
                discarded=stolen.reason(),
            ),
            pilots,
        )

    def watched(
        self, index: int, rng: random.Random, pilots: tuple[Pilot, ...], watch: Watch, leave: Leave
    ) -> None:
        """Start both sides once more, as for a block, hand each to `watch` when they are warm, and to `leave` then.

        Raises MeasurementFailed; whatever was started is ended before anything leaves this method.
        """
        order = list(enumerate(rng.sample(SIDES, 2)))
        rest = all(p.interleaved for p in pilots)
        rigs: list[Rig] = []
        try:
            for places in [order] if rest else [[place] for place in order]:
                self._begin(rigs, index, places, rng, patience_s=PATIENCE_S if rest else LITTLE_PATIENCE_S)
                for rig in rigs:
                    watch(rig, [r for r in rigs if r is not rig])
                for rig in rng.sample(rigs, len(rigs)):
                    leave(rig, self._networks[rig.order])
                rigs_end(rigs, rng)
                rigs.clear()
        finally:
            for rig in rigs:
                rig.kill()

    def _pilots_in_turn(
        self, rigs: list[Rig], index: int, order: Sequence[tuple[int, Side]], rng: random.Random
    ) -> tuple[Pilot, ...]:
        """Fly the pilots of two versions that cannot be up at once; `rigs` is empty again then."""
        trials: dict[str, dict[Side, list[Slice]]] = {w.name: {} for w in self._workloads}
        for place in order:
            self._begin(rigs, index, [place], rng)
            for workload in self._workloads:
                trials[workload.name][place[1]] = fly_trials(rigs[0], (), workload)
            rigs_end(rigs, rng)
            rigs.clear()
        watched = dict.fromkeys(SIDES, True)
        return tuple(plan_slices(w, trials[w.name], watched, self._alone) for w in self._workloads)

    def _canaries(self) -> Canaries:
        return measure_canaries(self._place.data_root, core=self._place.broker_core)

    def _begin(
        self,
        rigs: list[Rig],
        index: int,
        order: Sequence[tuple[int, Side]],
        rng: random.Random,
        patience_s: float = PILOT_PATIENCE_S,
    ) -> None:
        """Start sides in the order given and warm them up; each is in `rigs` as soon as it must be ended."""
        for position, side in order:
            rig = start_rig(
                side,
                self._targets[side],
                self._workloads,
                self._place,
                self._networks[position],
                order=position,
                seed=rng.randrange(1, 2**32),
                data_name=PLACES[position],
                log_name=f"block-{index:02d}-{side}",
            )
            rig.patience_s = patience_s
            rigs.append(rig)
        learn_idling(rigs)
        for workload in self._workloads:
            for rig in rigs:
                warm_up(rig, [r for r in rigs if r is not rig], workload)

    def _measure(
        self,
        rigs: list[Rig],
        pilots: tuple[Pilot, ...],
        rng: random.Random,
        pairs: Mapping[str, int],
    ) -> dict[Side, Start]:
        """Measure all that is up, end it in good order (`rigs` is empty then), and give what was measured."""
        for workload in self._workloads:
            self._gate_slices(workload, pilots, rigs, rng, pairs)
        frozen = {rig.side: rig.freeze() for rig in rigs}
        rigs_end(rigs, rng)
        # How a broker stopped is known only now.
        starts = {rig.side: dataclasses.replace(frozen[rig.side], notes=tuple(rig.notes)) for rig in rigs}
        rigs.clear()
        return starts

    def _gate_slices(
        self,
        workload: Workload,
        pilots: tuple[Pilot, ...],
        up: list[Rig],
        rng: random.Random,
        pairs: Mapping[str, int],
    ) -> None:
        pilot = next(p for p in pilots if p.workload == workload.name)
        for _ in range(pairs.get(workload.name, first_slices(pilot, self._spend))):
            if pilot.bursts > 1:
                measure_pair(up, workload, pilot.slice_s, pilot.bursts, rng)
                continue
            # Random within each pair: neither side is favoured, and the two stay close in time.
            for rig in rng.sample(up, len(up)):
                others = [r for r in up if r is not rig]
                rig.slices.append(measure_slice(rig, others, workload, pilot.slice_s))


class _Stolen:
    """Watches what the host takes away from this virtual machine, which no version can cause."""

    def __init__(self) -> None:
        self._before = psutil.cpu_times()

    def reason(self) -> str | None:
        """Say why the block since then is discarded; None where it is kept."""
        after = psutil.cpu_times()
        share = (after.steal - self._before.steal) / max(1e-9, sum(after[:8]) - sum(self._before[:8]))
        if share <= MOST_STOLEN:
            return None
        return f"the host took {share:.0%} of the cores' time away, and more than {MOST_STOLEN:.0%} spoils a block"
