"""One block: both versions started afresh, warmed up, and measured in slices in random order."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence

from chronik_perf.experiment.pilot import fly_pilot, slices_of
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig, rigs_end, start_rig
from chronik_perf.experiment.slices import measure_slice
from chronik_perf.experiment.warmup import warm_up
from chronik_perf.model import SIDES, Block, Canaries, Pilot, Side, Start, Target, Workload
from chronik_perf.sampling.canaries import measure_canaries

AfterGates = Callable[[Rig, Sequence[Rig]], None]
"""Called for each rig when its gate slices are done and before it is closed; the other rigs up come second."""


class BlockRunner:
    """Runs the blocks of one comparison: same targets, workloads and place, a random order of its own for each."""

    def __init__(
        self, targets: dict[Side, Target], workloads: tuple[Workload, ...], place: Place, gate_s: float
    ) -> None:
        self._targets = targets
        self._workloads = workloads
        self._place = place
        self._gate_s = gate_s

    def run(
        self,
        index: int,
        rng: random.Random,
        pilots: tuple[Pilot, ...],
        after_gates: AfterGates | None = None,
    ) -> tuple[Block, tuple[Pilot, ...]]:
        """Run one block. Without `pilots` it flies them first and gives them back.

        Raises MeasurementFailed; whatever was started is ended before anything leaves this method.
        """
        canaries_before = self._canaries()
        seeds = {side: rng.randrange(1, 2**32) for side in SIDES}
        folders = dict(zip(SIDES, rng.sample(["data-a", "data-b"], 2), strict=True))
        order: list[Side] = rng.sample(SIDES, 2)
        rigs: list[Rig] = []
        starts: dict[Side, Start] = {}

        def begin(side: Side, position: int) -> Rig:
            rig = start_rig(
                side,
                self._targets[side],
                self._workloads,
                self._place,
                order=position,
                seed=seeds[side],
                data_name=folders[side],
                log_name=f"block-{index:02d}-{side}",
            )
            rigs.append(rig)
            return rig

        def measure(up: list[Rig]) -> None:
            for workload in self._workloads:
                self._gate_slices(workload, pilots, up, rng)
            for rig in up:
                if after_gates:
                    after_gates(rig, [r for r in up if r is not rig])
                starts[rig.side] = rig.freeze()

        interleaved = all(p.interleaved for p in pilots)
        try:
            if interleaved:
                up = [begin(side, position) for position, side in enumerate(order)]
                self._warm_up(up)
                if not pilots:
                    by_side = {rig.side: rig for rig in up}
                    pilots = tuple(
                        fly_pilot(by_side["base"], by_side["candidate"], w) for w in self._workloads
                    )
                measure(up)
                self._finish(up, rng, starts)
                rigs.clear()
            else:
                for position, side in enumerate(order):
                    rig = begin(side, position)
                    self._warm_up([rig])
                    measure([rig])
                    self._finish([rig], rng, starts)
                    rigs.clear()
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
            ),
            pilots,
        )

    def _canaries(self) -> Canaries:
        return measure_canaries(self._place.data_root, core=self._place.broker_core)

    def _warm_up(self, up: list[Rig]) -> None:
        for workload in self._workloads:
            for rig in up:
                warm_up(rig, [r for r in up if r is not rig], workload)

    def _gate_slices(
        self, workload: Workload, pilots: tuple[Pilot, ...], up: list[Rig], rng: random.Random
    ) -> None:
        slice_s, count = slices_of(workload, pilots, self._gate_s)
        for _ in range(count):
            # Random within each pair: neither side is favoured, and the two stay close in time.
            for rig in rng.sample(up, len(up)):
                others = [r for r in up if r is not rig]
                rig.slices.append(measure_slice(rig, others, workload, slice_s))

    @staticmethod
    def _finish(up: list[Rig], rng: random.Random, starts: dict[Side, Start]) -> None:
        rigs_end(up, rng)
        for rig in up:  # how it stopped is known only now
            starts[rig.side] = dataclasses.replace(starts[rig.side], notes=tuple(rig.notes))
