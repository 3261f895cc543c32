"""`perf doctor --learn` and `perf compare --thresholds` as a user runs them, on runs made from declared noise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chronik_perf.model import Calibration, Learnt
from chronik_perf.sampling.machine import environment
from chronik_perf.store import save
from chronik_perf.store.calibration import save_calibration
from tests.builders import RAW, V220, V227, Noise, a_comparison
from tests.cli.programs import perf, refused


def record(folder: Path, runs: int, blocks: int = 13) -> None:
    """Record A/A runs of raw load, a day apart."""
    for day in range(runs):
        made = a_comparison(
            V220,
            V220,
            blocks=blocks,
            seed=day,
            workloads=(RAW,),
            names=("v2.2.0", "v2.2.0"),
            noise=Noise(between=0.01),
            histograms=False,
            evidence=False,
        )
        run = folder / f"run-{day}"
        run.mkdir(parents=True)
        save(replace(made, started_at=f"2026-01-{day + 1:02}T00:00:00+00:00", elapsed_s=3.0 * blocks), run)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learn from ten runs of 13 blocks; give the folder."""
    folder = tmp_path_factory.mktemp("learning")
    record(folder / "runs", 10)
    done = perf(["doctor", "--learn", "runs", "--thresholds", "mine.json"], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "throughput@raw" in done.stdout
    return folder


def test_what_was_learnt_is_written_with_its_machine(learnt: Path) -> None:
    """Given ten A/A runs, the file has the fingerprint, the blocks used, and an X for throughput."""
    document = json.loads((learnt / "mine.json").read_text())
    one = document["learnt"]["throughput@raw"]
    assert document["fingerprint"]
    assert one["blocks"] == 110
    assert one["held_back"] == 20
    assert 0 < one["threshold"] < 0.2


def test_another_machines_thresholds_are_refused(learnt: Path) -> None:
    """Given thresholds of a machine that is not this one, a comparison is refused before a broker starts."""
    done = refused(["compare", "v2.2.0", "v2.2.0", "--thresholds", "mine.json", "--out", "out"], learnt)
    assert done.returncode == 2
    assert "another machine" in done.stderr.splitlines()[-1]
    assert not (learnt / "out").exists()


def test_this_machines_thresholds_are_held_and_said(tmp_path: Path) -> None:
    """Given thresholds of this machine, a comparison holds its rows against them and says where they are from."""
    here = environment(tmp_path, broker_core=None, load_core=None, clients={}).fingerprint
    one = Learnt(0.123, 0.04, 0.05, 110, 20, "2026-01-01", "2026-01-02")
    save_calibration(
        Calibration(1, here, "2026-01-03", 10, 60, 0.01, {"throughput@raw": one}), tmp_path / "t.json"
    )
    asked = ["--quick", "--workload", "raw", "--budget", "1s", "--no-profiles"]
    done = perf(
        ["compare", "v2.2.0", "v2.2.0", *asked, "--thresholds", "t.json", "--out", "run"], cwd=tmp_path
    )
    document = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert document["design"]["thresholds"] == {"throughput@raw": 0.123}
    assert "hresholds learnt from 110 A/A blocks of this machine; uncalibrated: " in done.stdout
    assert "cpu_per_message@raw" in document["notes"][0]


def test_a_short_history_says_uncalibrated(tmp_path: Path) -> None:
    """Given two runs, the output and the file say uncalibrated and hold no threshold."""
    record(tmp_path / "runs", 2)
    done = perf(["doctor", "--learn", "runs"], cwd=tmp_path)
    assert done.returncode == 0
    assert "uncalibrated: 26 A/A blocks are recorded" in done.stdout
    assert json.loads((tmp_path / "thresholds.json").read_text())["learnt"] == {}


def test_a_run_that_was_copied_counts_once(tmp_path: Path) -> None:
    """Given two runs and a copy of each, the history is that of two runs."""
    record(tmp_path / "runs", 2)
    record(tmp_path / "runs" / "copies", 2)
    done = perf(["doctor", "--learn", "runs"], cwd=tmp_path)
    assert done.returncode == 0
    assert "26 A/A blocks are recorded" in done.stdout
    assert "2 runs are copies" in done.stderr


@pytest.mark.parametrize(
    "options", [["--learn", ".", "--keep", "x"], ["--thresholds", "x"], ["--machine-only", "--keep", "x"]]
)
def test_options_that_would_do_nothing_are_refused(tmp_path: Path, options: list[str]) -> None:
    """Given an option that has no effect beside another, it is refused in one sentence."""
    done = refused(["doctor", *options], tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_without_an_a_a_is_refused(tmp_path: Path) -> None:
    """Given runs of two versions alone, or no run, one sentence says what to record."""
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    save(a_comparison(V220, V227, blocks=2, workloads=(RAW,), histograms=False), run)
    for folder in ("runs", "nowhere"):
        done = refused(["doctor", "--learn", folder], tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "thresholds.json").exists()


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 9}', "[1]"])
def test_a_file_that_holds_no_thresholds_is_refused(tmp_path: Path, text: str) -> None:
    """Given a file that is something else, one sentence says how to learn one."""
    (tmp_path / "t.json").write_text(text)
    done = refused(["compare", "v2.2.0", "v2.2.0", "--thresholds", "t.json"], tmp_path)
    assert done.returncode == 2
    assert "perf doctor --learn" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
