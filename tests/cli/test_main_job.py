"""The main job on real parts: the incident's versions, measured and judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from chronik_perf.model import Comparison, Verdict, known, metric
from chronik_perf.stats import judge
from chronik_perf.store import load
from tests.cli.programs import children_left, perf

pytestmark = [pytest.mark.alone, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def incident(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path, str]:
    """Run `perf compare v2.2.0 v2.2.7 --quick` once: its exit code, folder and output.

    It ends when the regression is proven; the budget leaves room for a machine that other work shares.
    """
    folder = tmp_path_factory.mktemp("incident")
    done = perf(
        ["compare", "v2.2.0", "v2.2.7", "--quick", "--budget", "4m", "--out", str(folder / "run")],
        cwd=folder,
        timeout_s=330,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    return done.returncode, folder / "run", done.stdout


def judged(folder: Path) -> tuple[Comparison, Verdict]:
    comparison = load(folder)
    return comparison, judge(comparison)


def test_the_regression_is_found(incident: tuple[int, Path, str]) -> None:
    """Given v2.2.7 beside v2.2.0, acks=1 throughput has regressed and the exit code is 1; p99 is never called better.

    Whether p99 has a word depends on how many commits the machine made before the regression was proven.
    """
    code, folder, stdout = incident
    assert code == 1, stdout
    _, verdict = judged(folder)
    throughput, p99 = verdict.row("throughput", "acks1"), verdict.row("p99", "acks1")
    assert throughput is not None
    assert throughput.word == "regressed", throughput.why
    assert p99 is not None
    assert p99.word not in ("improved", "unchanged"), p99.why
    assert "regressed" in stdout


def test_the_stage_that_grew_is_named(incident: tuple[int, Path, str]) -> None:
    """Given the altered worker, waiting for the commit is the stage that grew, and one task is spawned per batch."""
    comparison, _ = judged(incident[1])
    block = comparison.blocks[-1]
    for workload in ("acks1", "raw"):
        tasks = metric("tasks_per_batch")
        assert known(tasks.take(block.base, workload)) == pytest.approx(0, abs=0.05)
        assert known(tasks.take(block.candidate, workload)) == pytest.approx(1, abs=0.05)
    growth = {
        stage: known(metric(f"stage_{stage}").take(block.candidate, "acks1"))
        - known(metric(f"stage_{stage}").take(block.base, "acks1"))
        for stage in ("decode", "metadata", "append", "commit_wait", "reply")
    }
    assert max(growth, key=lambda stage: growth[stage]) == "commit_wait"


def test_what_was_acknowledged_is_stored(incident: tuple[int, Path, str]) -> None:
    """Given any slice of the run, the log gained what was sent and acknowledged, and every latency was recorded."""
    comparison, _ = judged(incident[1])
    for block in comparison.blocks:
        for start in (block.base, block.candidate):
            for s in start.slices:
                assert s.load.sent == s.load.acked == s.load.stored
                assert s.load.response is not None
                assert s.load.response.recorded == s.load.acked


def test_a_run_leaves_its_results_and_nothing_else(incident: tuple[int, Path, str]) -> None:
    """Given a finished run, its folder holds the report and what other tools read, no data, and no process is left."""
    _, folder, _ = incident
    names = {p.name for p in folder.iterdir()}
    assert {"comparison.json", "report.html", "summary.md", "junit.xml", "pyperf", "latency", "logs"} <= names
    assert not [n for n in names if n.startswith("data")]
    assert not children_left(folder)


def test_a_version_beside_itself_is_never_called_regressed(tmp_path: Path) -> None:
    """Given v2.2.0 beside itself, the exit code is 0, or 3 on a noisy machine, and never 1.

    Ten blocks, for with seven no word is possible and nothing could go wrong; of raw connections, which have the most
    rows that could be called regressed. How often that happens is counted by `benchmarks.proof`, not here.
    """
    asked = ["--quick", "--budget", "4m", "--no-profiles", "--workload", "raw", "--blocks", "10"]
    done = perf(["compare", "v2.2.0", "v2.2.0", *asked, "--out", "run"], cwd=tmp_path, timeout_s=330)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    assert len(load(tmp_path / "run").blocks) >= 8
