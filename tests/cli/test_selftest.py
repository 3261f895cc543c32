"""`perf selftest` switches faults on from outside, and scores what the toolkit makes of them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.programs import children_left, perf, refused


def test_a_fault_of_correctness_is_detected_and_scored(tmp_path: Path) -> None:
    """Given a fault that stores every batch twice, it is detected by the metric that it declares to move."""
    done = perf(
        ["selftest", "--fault", "stored_twice", "--budget", "5s", "--seed", "1", "--out", "bank"], tmp_path
    )
    assert done.returncode == 0, done.stderr
    (score,) = json.loads((tmp_path / "bank" / "selftest.json").read_text())
    assert score["fault"] == "fault.stored_twice"
    assert score["detected"]
    assert score["right_metric"]
    assert "detected 1 of 1 (0 by a finding alone); right metric in 1" in done.stdout
    run = json.loads((tmp_path / "bank" / "01" / "comparison.json").read_text())
    assert run["blocks"][0]["candidate"]["config"]["fault.stored_twice"] == "1.0"
    assert not children_left(tmp_path)


def test_a_version_meets_itself_without_a_fault(tmp_path: Path) -> None:
    """Given no fault at all, what is measured is the version beside itself, and nothing is detected or named."""
    words = ["--no-faults", "--against-itself", "1", "--budget", "5s", "--seed", "1", "--out", "bank"]
    done = perf(["selftest", *words], tmp_path)
    assert done.returncode == 0, done.stderr
    (score,) = json.loads((tmp_path / "bank" / "selftest.json").read_text())
    assert (score["fault"], score["detected"], score["named"]) == ("itself", False, [])
    assert "against itself: 0 of 1 called slower, 0 with a finding, 0 with a culprit named" in done.stdout


def test_a_fault_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """Given a name that the bank does not have, or a strength that is none, one sentence says so."""
    done = refused(["selftest", "--fault", "spwan"], tmp_path)
    assert done.returncode == 2
    assert "did you mean spawn?" in done.stderr
    assert refused(["selftest", "--strength", "0"], tmp_path).returncode == 2
    for words in (["--no-faults"], ["--no-faults", "--fault", "spawn", "--against-itself", "1"]):
        assert "--no-faults" in refused(["selftest", *words], tmp_path).stderr
    assert not (tmp_path / "runs").exists()
