"""What real brokers tell beside their load: a sound one, and one with faults that no load shows."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from chronik_perf.experiment import choose_place, default_workloads
from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.plan import QUICK_BUDGET
from chronik_perf.experiment.probing import answers, started_again
from chronik_perf.experiment.rig import Rig
from chronik_perf.experiment.slices import run_load
from chronik_perf.model import PROBED, Measured, ProbeName, Side
from chronik_perf.network import Network
from chronik_perf.targets import resolve

Told = dict[Side, dict[ProbeName, Measured]]
(RAW,) = default_workloads(quick=True, names=("raw",))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Probe v2.2.0 beside itself with two faults that no load shows, after some load."""
    folder = tmp_path_factory.mktemp("probed")
    place = choose_place(folder / "data", folder / "logs", (RAW,), allow_tmpfs=True, clients={})
    faulty = resolve("v2.2.0", {"fault.recovery": "1", "fault.completion_order": "1"})
    runner = BlockRunner({"base": resolve("v2.2.0"), "candidate": faulty}, (RAW,), place, QUICK_BUDGET)
    found: Told = {}

    def watch(rig: Rig, _others: Sequence[Rig]) -> None:
        run_load(rig, RAW, 1.0)

    def leave(rig: Rig, network: Network) -> None:
        found[rig.side] = answers(rig, place, network) | started_again(rig, place, network)

    runner.watched(1, random.Random(7), (), watch, leave)
    assert not list((folder / "data").glob("data-*")), "the data of both are deleted"
    return found


def test_a_sound_broker_answers_in_order_and_starts_again_with_all_it_stored(told: Told) -> None:
    """Given v2.2.0, no reply overtakes another, nothing is lost by a restart, and all other values are there."""
    base = told["base"]
    assert (base["misordered"], base["restart_lost"]) == (0.0, 0.0)
    for of in PROBED:
        value = base[of.name]
        assert isinstance(value, float) and (of.count or value > 0), of.name


def test_faults_that_no_load_shows_are_told(told: Told) -> None:
    """Given replies in the order of completion and a start that loads all, both show beside the sound broker."""
    base, candidate = told["base"], told["candidate"]
    assert isinstance(candidate["misordered"], float) and candidate["misordered"] > 0
    assert isinstance(base["restart_memory"], float) and isinstance(candidate["restart_memory"], float)
    assert candidate["restart_memory"] > base["restart_memory"]
    assert candidate["restart_lost"] == 0.0
