"""Blocks on real brokers: what is swapped at random, what a slice holds, and what happens without quiet."""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from pathlib import Path

import pytest

from chronik_perf.experiment import choose_place, default_design, default_workloads, new_comparison, run
from chronik_perf.model import Comparison, MeasurementFailed, Target, Unavailable, known
from chronik_perf.targets import resolve

FAULTY = Path(__file__).parent.parent / "cli" / "faulty_broker.py"


def measured(
    base: Target, candidate: Target, folder: Path, blocks: int, budget_s: float | None = None
) -> Comparison:
    """Measure a few short blocks of the raw workload, without profiles, and within a second without any evidence."""
    workloads = default_workloads(quick=True, names=("raw",))
    place = choose_place(folder / "data", folder / "logs", workloads, allow_tmpfs=True, clients={})
    design = default_design(quick=True, seed=7, blocks=blocks, budget_s=budget_s)
    comparison = new_comparison(base, candidate, workloads, design, place, "a test")
    *_, last = run(comparison, place, lambda _: None, profiles=False)
    return last


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that the pair is measured in."""
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def pair(folder: Path) -> Comparison:
    """Measure two versions that are alike in three blocks."""
    return measured(resolve("v2.2.0"), resolve("v2.2.8"), folder, blocks=3)


def test_starts_are_fresh_and_their_luck_is_drawn(pair: Comparison) -> None:
    """Given three blocks, each start has a seed of its own, and order and folder are not always the same side's."""
    starts = [start for block in pair.blocks for start in (block.base, block.candidate)]
    assert len({start.seed for start in starts}) == 6
    assert all({block.base.order, block.candidate.order} == {0, 1} for block in pair.blocks)
    assert all(block.base.data_dir != block.candidate.data_dir for block in pair.blocks)
    assert all(block.base.port != block.candidate.port for block in pair.blocks)
    # Half of the bets wait until each side has had both places, so the second block never repeats the first's order.
    assert pair.blocks[0].base.order != pair.blocks[1].base.order


def test_slices_of_both_sides_interleave_and_never_overlap(pair: Comparison) -> None:
    """Given a block, only one side is under load at a time, both have as many slices, and each pair holds both."""
    for block in pair.blocks:
        base, candidate = (
            [s.load for s in start.gate_slices("raw")] for start in (block.base, block.candidate)
        )
        assert len(base) == len(candidate) >= 1
        spans = []
        for loads in zip(base, candidate, strict=True):
            begun, ended = min(w.first_send_ns for w in loads), max(w.last_ack_ns for w in loads)
            spans.append((begun, ended))
            # Bursts of both lie within the pair, and side by side there is no room for them.
            assert sum(w.window_s for w in loads) <= (ended - begun) / 1e9
        assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(spans))


def test_a_slice_counts_what_the_log_holds(pair: Comparison) -> None:
    """Given any slice, stored is what was sent and acknowledged, its batches were committed, and CPU was used."""
    for block in pair.blocks:
        for start in (block.base, block.candidate):
            for s in start.gate_slices("raw"):
                assert s.load.stored == s.load.acked == s.load.sent > 0
                assert s.telemetry["batches"] == s.load.stored  # one batch a request, one message a batch
                assert s.telemetry["commits"] > 0
                assert (known(s.broker_cpu_s) or 0) > 0


def test_no_data_is_left(pair: Comparison, folder: Path) -> None:
    """Given a run that has ended, nothing of the brokers' data is left and the run is marked whole."""
    assert pair.complete
    assert len(pair.blocks) == 3
    assert not (folder / "data").exists()


def test_whole_starts_alternate_where_quiet_never_comes(tmp_path: Path) -> None:
    """Given a version that works on for ever once loaded, whole starts alternate and the pilot says why."""
    busy = resolve(f"command:{sys.executable} {FAULTY} never-rests --port {{port}} --data-dir {{data_dir}}")
    done = measured(resolve("v2.2.0"), busy, tmp_path, blocks=1, budget_s=1.0)
    (pilot,) = done.pilots
    assert isinstance(pilot.quiet_s[1], Unavailable)
    assert not pilot.interleaved
    assert "whole starts alternate" in pilot.note and "the candidate is not seen to rest" in pilot.note
    (block,) = done.blocks
    assert not block.interleaved
    first, second = sorted((block.base, block.candidate), key=lambda start: start.order)
    end_of_first = max(s.load.last_ack_ns for s in first.slices)
    assert end_of_first < min(s.load.first_send_ns for s in second.slices)


def test_work_of_another_process_is_said_not_to_be_counted(tmp_path: Path) -> None:
    """Given a version that works in a process beside the one that listens, its starts say so, and the base's do not."""
    beside = resolve(
        f"command:{sys.executable} {FAULTY} works-elsewhere --port {{port}} --data-dir {{data_dir}}"
    )
    (block,) = measured(resolve("v2.2.0"), beside, tmp_path, blocks=1, budget_s=1.0).blocks
    assert not block.base.notes
    assert any("processes beside the one that listens" in note for note in block.candidate.notes)


def test_tmpfs_is_refused_for_acks_1(tmp_path: Path) -> None:
    """Given a data folder on tmpfs, where a sync is free, acks=1 is refused."""
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("/dev/shm, a tmpfs, is not there or not writable")
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm") as folder,
        pytest.raises(MeasurementFailed, match="tmpfs"),
    ):
        choose_place(
            Path(folder) / "data", tmp_path, default_workloads(quick=True), allow_tmpfs=False, clients={}
        )
