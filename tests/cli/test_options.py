"""The options of `perf compare`, each seen in the run that it made, and how fast the program answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.programs import perf


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path, dict[str, Any]]:
    """Run one short comparison with many options: its exit code, the folder it was called in, and its document."""
    folder = tmp_path_factory.mktemp("options")
    done = perf(
        [
            *(
                "compare",
                "v2.2.0",
                "v2.2.0",
                "--quick",
                "--budget",
                "150s",
                "--workload",
                "raw",
                "--blocks",
                "4",
                "--no-profiles",
            ),
            *(
                "--set-candidate",
                "wal.profile=high",
                "--threshold",
                "throughput@raw=40%",
                "--family-error",
                "0.5",
            ),
            *("--seed", "7", "--data-dir", "disk", "--out", "run", "--on-inconclusive", "pass"),
        ],
        cwd=folder,
        timeout_s=170,
    )
    assert (folder / "run" / "comparison.json").exists(), done.stderr
    return done.returncode, folder, json.loads((folder / "run" / "comparison.json").read_text())


def test_the_design_is_what_was_asked_for(run: tuple[int, Path, dict[str, Any]]) -> None:
    """Given blocks, seed, threshold, error and workload, the run has exactly those."""
    _, _, document = run
    assert [w["name"] for w in document["workloads"]] == ["raw"]
    assert len(document["blocks"]) == 4
    assert document["design"]["seed"] == 7
    assert document["design"]["family_error"] == 0.5
    assert document["design"]["thresholds"] == {"throughput@raw": 0.4}
    assert document["profiles"] == []


def test_an_override_reaches_the_broker_of_its_side(run: tuple[int, Path, dict[str, Any]]) -> None:
    """Given --set-candidate, the candidate's broker itself tells the value, and the base's another."""
    for block in run[2]["blocks"]:
        assert block["candidate"]["config"]["wal.profile"] == "high"
        assert block["base"]["config"]["wal.profile"] != "high"


def test_no_data_stays_on_the_disk_that_was_named(run: tuple[int, Path, dict[str, Any]]) -> None:
    """Given --data-dir, the brokers' data lay there and are gone."""
    _, folder, _ = run
    assert list((folder / "disk").iterdir()) == []


def test_on_inconclusive_pass_never_exits_with_3(run: tuple[int, Path, dict[str, Any]]) -> None:
    """Given --on-inconclusive pass, what could not be decided exits with 0; a regression would still be 1."""
    code, folder, _ = run
    verdict = json.loads((folder / "run" / "verdict.json").read_text())
    assert code == {"none": 0, "inconclusive": 0, "regression": 1}[verdict["outcome"]]


def test_a_report_goes_where_it_is_told(run: tuple[int, Path, dict[str, Any]], tmp_path: Path) -> None:
    """Given --out, the report of a run is written there, and it says what the run's own says."""
    _, folder, _ = run
    done = perf(["report", str(folder / "run"), "--out", str(tmp_path / "again")], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "again" / "verdict.json").read_text())
    assert again == json.loads((folder / "run" / "verdict.json").read_text())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["compare", "--help"],
        ["compare", "v2.2.0"],
        ["bench", "--bootstrap-servers", "x:1", "--acks", "7"],
    ],
)
def test_help_and_slips_do_not_wait_for_numerics(arguments: list[str]) -> None:
    """Given words that need no measurement, nothing that is slow to import is imported."""
    program = (
        "import sys; from chronik_perf.cli import run; run(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=30, check=True
    )
    imported = set(done.stderr.splitlines()[-1].split())
    assert "typer" in imported
    assert not imported & {"numpy", "scipy", "altair", "confluent_kafka", "jinja2"}
