"""Baselines: recorded start by start on a class of machines, and never held against another class."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from chronik_perf.cli import run
from chronik_perf.model import BadInput, Comparison, metric
from chronik_perf.store import save
from chronik_perf.store.baselines import baselines, find, not_comparable, record
from chronik_perf.store.drift import drift
from tests.builders import V220, a_comparison, an_environment

HERE = dataclasses.replace(
    an_environment(),
    facts={"memory": "8.0 GiB, 3.1 GiB available", "disk": "/dev/sda at /home/somebody"},
    warnings=("other programs are busy: secret-program (process 7, 90% of a core)",),
)
ELSEWHERE = dataclasses.replace(HERE, fingerprint="another", cpu_model="Other CPU", cores=64)


def measured_here(**options: object) -> Comparison:
    made = a_comparison(blocks=5, slices=2, evidence=False, histograms=False, **options)  # type: ignore[arg-type]
    return dataclasses.replace(made, environment=HERE)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Give a folder of baselines with both sides of the incident."""
    comparison = measured_here()
    for side in ("base", "candidate"):
        record(comparison, side, tmp_path / "baselines")  # type: ignore[arg-type]
    return tmp_path / "baselines"


def test_a_baseline_holds_every_start(recorded: Path) -> None:
    """Given a recorded side, each metric has a value per start, their number and their median."""
    baseline = find("v2.2.0", HERE, recorded)
    assert baseline is not None
    comparison = measured_here()
    [throughput] = [m for m in baseline.metrics if (m.workload, m.metric) == ("acks1", "throughput")]
    wanted = [metric("throughput").take(b.base, "acks1") for b in comparison.blocks]
    assert throughput.values == pytest.approx(wanted, rel=1e-5)
    assert (throughput.n, throughput.unit) == (5, "msg/s")
    assert throughput.median == statistics.median(throughput.values)
    assert baseline.commit == comparison.base.provenance.commit
    assert {(m.workload, m.metric) for m in baseline.metrics} >= {("raw", "cpu_per_message"), ("raw", "p99")}
    assert ("acks0", "p99") not in {(m.workload, m.metric) for m in baseline.metrics}


def test_a_baseline_is_found_by_release_and_class_of_machines(recorded: Path) -> None:
    """Given two releases of one class, each is found there, and neither on another class."""
    assert [b.release for b in baselines(recorded)] == ["v2.2.0", "v2.2.7"]
    found = find("v2.2.7", HERE, recorded)
    assert found is not None
    assert found.release == "v2.2.7"
    assert find("v2.2.8", HERE, recorded) is None
    assert find("v2.2.7", ELSEWHERE, recorded) is None
    why = not_comparable(found, ELSEWHERE)
    assert why is not None
    assert why.startswith("not comparable: recorded on 2 × Test CPU, 8.0 GiB, ext4")
    assert "64 × Other CPU" in why


def test_a_baseline_names_no_single_machine(recorded: Path) -> None:
    """Given facts and warnings that name paths and programs, none gets into a file meant for version control."""
    for path in recorded.rglob("*.json"):
        text = path.read_text()
        assert "somebody" not in text
        assert "secret-program" not in text
        assert json.loads(text)["warnings"] == 1


def test_recording_again_replaces(recorded: Path) -> None:
    """Given a baseline, recording another run of the release leaves one file with the new values."""
    record(measured_here(seed=2), "base", recorded)
    assert len([p for p in recorded.rglob("*") if p.is_file()]) == 2


def test_what_is_no_release_or_was_not_measured_is_refused(tmp_path: Path) -> None:
    """Given a target with overrides, a command, or no block that counts, nothing is recorded."""
    comparison = measured_here()
    for name in ("v2.2.0 with wal.profile=low", "command:x {port}", "../x"):
        odd = dataclasses.replace(comparison, base=dataclasses.replace(comparison.base, name=name))
        with pytest.raises(BadInput, match="not a release as it ships"):
            record(odd, "base", tmp_path)
    with pytest.raises(BadInput, match="no block that counts"):
        record(dataclasses.replace(comparison, blocks=()), "base", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-20], "not a whole baseline"),
        (lambda text: "[]", "no baseline that this perf reads"),
        (lambda text: text.replace('"n": 5', '"n": "five"', 1), "metrics.0.n"),
        (lambda text: text.replace('"schema_version": 1', '"schema_version": 9'), "schema 9"),
    ],
)
def test_a_damaged_baseline_says_so(recorded: Path, change: Callable[[str], str], said: str) -> None:
    """Given a file cut short, foreign, damaged or of another schema, one sentence names it and what is wrong."""
    path = next(recorded.rglob("v2.2.0.json"))
    path.write_text(change(path.read_text()))
    with pytest.raises(BadInput, match=said) as caught:
        baselines(recorded)
    assert str(path) in str(caught.value)


def test_drift_is_told_metric_by_metric(recorded: Path) -> None:
    """Given a run of the release at 80 % of its throughput, that metric is outside and the rest as it was."""
    baseline = find("v2.2.0", HERE, recorded)
    assert baseline is not None
    slow = {**V220, "acks1": dataclasses.replace(V220["acks1"], msgs_per_s=0.8 * V220["acks1"].msgs_per_s)}
    found = {(d.now.workload, d.now.metric): d for d in drift(baseline, measured_here(base=slow), "base")}
    assert found["acks1", "throughput"].relative == pytest.approx(-0.2, abs=0.01)
    assert found["acks1", "throughput"].outside
    assert not found["raw", "throughput"].outside
    assert found["raw", "tasks_per_batch"].relative is None


def test_drift_between_things_that_differ_is_refused(recorded: Path) -> None:
    """Given another class of machines, another release or another workload of the same name, the sentence says what."""
    baseline, comparison = find("v2.2.0", HERE, recorded), measured_here()
    assert baseline is not None
    with pytest.raises(BadInput, match="not comparable: recorded on"):
        drift(baseline, dataclasses.replace(comparison, environment=ELSEWHERE), "base")
    with pytest.raises(BadInput, match=r"the candidate of this run is v2\.2\.7"):
        drift(baseline, comparison, "candidate")
    acks = dataclasses.replace(comparison.workloads[0], acks=0)
    other = dataclasses.replace(comparison, workloads=(acks, *comparison.workloads[1:]))
    with pytest.raises(BadInput, match="acks is 1 on one side and 0 on the other"):
        drift(baseline, other, "base")


def test_the_command_records_lists_shows_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a run, `perf baseline` records, lists and shows it as of another machine, and checks the run."""
    made, folder = save(measured_here(), tmp_path / "run").parent, ["--folder", str(tmp_path / "kept")]
    assert run(["baseline", "record", str(made), "--side", "base", *folder]) == 0
    assert "secret-program" in capsys.readouterr().out
    assert run(["baseline", "list", *folder]) == 0
    listed = capsys.readouterr().out
    assert "v2.2.0" in listed
    assert "test-cpu-2-cores-2-core-t" in listed
    assert listed.rstrip().endswith("no")
    assert run(["baseline", "show", "v2.2.0", *folder]) == 0
    shown = capsys.readouterr().out
    assert "not comparable: recorded on 2 × Test CPU" in shown
    assert "response time p99" in shown
    assert run(["baseline", "check", str(made), *folder]) == 0
    checked = capsys.readouterr().out
    assert "no verdict" in checked
    assert "outside" not in checked


def test_the_command_refuses_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a release without a baseline, a run that is none, or a foreign machine, the exit code is 2."""
    folder = ["--folder", str(tmp_path / "kept")]
    made = save(measured_here(), tmp_path / "run").parent
    assert run(["baseline", "show", "v2.2.0", *folder]) == 2
    assert run(["baseline", "check", str(made), *folder]) == 2
    assert run(["baseline", "record", str(tmp_path), *folder]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert "recorded are: none" in said[0]
    foreign = dataclasses.replace(measured_here(), environment=ELSEWHERE)
    record(foreign, "base", tmp_path / "kept")
    assert run(["baseline", "check", str(made), *folder]) == 2
    assert "not comparable: recorded on 64 × Other CPU" in capsys.readouterr().err
