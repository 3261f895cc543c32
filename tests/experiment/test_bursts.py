"""A pair of slices in bursts, on real brokers: each side pays for all that it uses, and for nothing of the other's."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from chronik_perf.experiment import choose_place, default_workloads
from chronik_perf.experiment.bursts import measure_pair
from chronik_perf.experiment.pilot import plan_slices
from chronik_perf.experiment.rig import Rig, learn_idling
from chronik_perf.experiment.starting import start_rig
from chronik_perf.model import SIDES, Side, Slice, Target, Workload, known
from chronik_perf.network import HOST
from chronik_perf.targets import resolve
from tests.builders import RAW, a_pair_of_equals

FAULTY = Path(__file__).parent.parent / "cli" / "faulty_broker.py"


def a_pair(base: Target, candidate: Target, folder: Path) -> tuple[dict[str, Slice], dict[str, float]]:
    """Measure one pair of slices in four bursts a side; give both, and what each broker used meanwhile in all."""
    workloads = default_workloads(quick=True, names=("raw",))
    place = choose_place(folder / "data", folder / "logs", workloads, allow_tmpfs=True, clients={})
    rigs: list[Rig] = []
    try:
        for order, (side, target) in enumerate((("base", base), ("candidate", candidate))):
            rig = start_rig(
                side,
                target,
                workloads,
                place,
                network=HOST,
                order=order,
                seed=1,
                data_name=f"data-{order}",
                log_name=side,
            )  # type: ignore[arg-type]
            rigs.append(rig)
        learn_idling(rigs)
        before = {rig.side: known(rig.cpu.read()) or 0.0 for rig in rigs}
        measure_pair(rigs, workloads[0], 0.2, 4, random.Random(1))
        used_s = {rig.side: (known(rig.cpu.read()) or 0.0) - before[rig.side] for rig in rigs}
        return {rig.side: rig.slices[0] for rig in rigs}, used_s
    finally:
        for rig in rigs:
            rig.kill()


def test_both_sides_have_their_slice_in_turns(tmp_path: Path) -> None:
    """Given two brokers, each gets all of its bursts while the other rests, and stored is what was sent."""
    slices, _ = a_pair(resolve("v2.2.0"), resolve("v2.2.8"), tmp_path)
    loads = [s.load for s in slices.values()]
    for window in loads:
        assert window.sent == window.acked == window.stored > 0
        assert window.window_s >= 0.2 and window.paused_s > 0
    assert all(s.telemetry["batches"] == s.load.stored for s in slices.values())
    span_ns = max(w.last_ack_ns for w in loads) - min(w.first_send_ns for w in loads)
    assert sum(w.window_s for w in loads) <= span_ns / 1e9
    # Each was under load while the other waited for its turn, and so both spans overlap.
    assert loads[0].first_send_ns < loads[1].last_ack_ns and loads[1].first_send_ns < loads[0].last_ack_ns


@pytest.mark.alone
def test_work_that_is_put_off_is_paid_for(tmp_path: Path) -> None:
    """Given a broker that tidies up in the other's bursts, all the CPU that it used is in its own slice."""
    late = resolve(f"command:{sys.executable} {FAULTY} puts-off --port {{port}} --data-dir {{data_dir}}")
    slices, used_s = a_pair(resolve("v2.2.0"), late, tmp_path)
    paid_s = known(slices["candidate"].broker_cpu_s)
    assert paid_s is not None
    # Reading its metrics before and after is no part of a slice; three times 8 ms put off would be.
    assert paid_s > used_s["candidate"] - 0.012
    # And what the other used is not its.
    assert paid_s <= used_s["candidate"]
    assert (known(slices["base"].broker_cpu_s) or 0) <= used_s["base"]


@pytest.mark.parametrize(
    ("round_trip_ms", "quiet_s", "calm", "bursts"),
    [
        pytest.param(1.0, 0.0, True, 7, id="as short as 8 ms"),
        pytest.param(4.0, 0.0, True, 7, id="three round trips and more"),
        pytest.param(1.0, 0.03, True, 1, id="one that works on for long is waited for"),
        pytest.param(1.0, 0.0, False, 1, id="one that is never idle cannot be watched so closely"),
    ],
)
def test_the_pilot_says_how_many_bursts(
    round_trip_ms: float, quiet_s: float, calm: bool, bursts: int
) -> None:
    """A slice has as many bursts as hold three round trips each, where both brokers are done soon after they answer."""
    workload, trials = _trials(round_trip_ms, quiet_s)
    pilot = plan_slices(workload, trials, {"base": True, "candidate": True}, calm=calm)
    assert pilot.bursts == bursts
    assert pilot.bursts == 1 or pilot.slice_s * 1e3 / pilot.bursts >= 3 * round_trip_ms


def test_what_cannot_be_given_in_bursts_is_given_whole() -> None:
    """Given no acknowledgements, or a schedule that would begin anew with each burst, a slice is one burst."""
    closed, trials = _trials(1.0, 0.0)
    for workload in (
        replace(closed, acks=0),
        replace(closed, arrival="open", rate_msgs_per_s=1000.0),
    ):
        assert plan_slices(workload, trials, {"base": True, "candidate": True}, calm=True).bursts == 1


def _trials(round_trip_ms: float, quiet_s: float) -> tuple[Workload, dict[Side, list[Slice]]]:
    comparison = a_pair_of_equals(blocks=1, evidence=False, workloads=(RAW,))
    (block,) = comparison.blocks
    trials: dict[Side, list[Slice]] = {}
    for side in SIDES:
        one = next(block.side(side).gate_slices("raw"))
        assert one.load.response is not None
        response = replace(one.load.response, p50_ms=round_trip_ms)
        trials[side] = [replace(one, load=replace(one.load, response=response), quiet_s=quiet_s)]
    return replace(RAW, slice_s=0.06), trials
