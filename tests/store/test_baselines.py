"""Baselines: saved start by start for a class of machines, called by a name, and never held against another class."""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from chronik_perf.model import BadInput, Comparison, Provenance, Target, metric
from chronik_perf.store.baseline_folder import baselines, find, promote, save, version_of
from chronik_perf.store.baselines import not_comparable
from chronik_perf.store.drift import drift
from tests.builders import V220, a_comparison, an_environment

HERE = dataclasses.replace(
    an_environment(),
    facts={"memory": "8.0 GiB, 3.1 GiB available", "disk": "/dev/sda at /home/somebody"},
    warnings=("other programs are busy: secret-program (process 7, 90% of a core)",),
)
ELSEWHERE = dataclasses.replace(HERE, fingerprint="another", cpu_model="Other CPU", cores=64)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def measured_here(**options: object) -> Comparison:
    made = a_comparison(blocks=5, slices=2, evidence=False, histograms=False, **options)  # type: ignore[arg-type]
    return dataclasses.replace(made, environment=HERE)


def of(target: Target, **changes: object) -> Comparison:
    """Give a run whose base was another target, on this machine unless the changes say otherwise."""
    return dataclasses.replace(measured_here(), base=target, **changes)  # type: ignore[arg-type]


def a_ref(ref: str, commit: str = COMMIT) -> Target:
    """Give a built commit of somebody's repository."""
    provenance = Provenance("git", commit, False, "/home/somebody/broker")
    return dataclasses.replace(measured_here().base, name=ref, version=ref, provenance=provenance)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Give a folder of baselines with both sides of the incident."""
    comparison, folder = measured_here(), tmp_path / "baselines"
    save(comparison, "base", "v2.2.0", folder)
    save(comparison, "candidate", "v2.2.7", folder)
    return folder


def test_a_baseline_holds_every_start(kept: Path) -> None:
    """Given a saved side, each metric has a value per start, their number and their median."""
    found = find("v2.2.0", HERE, kept)
    assert found is not None
    baseline, comparison = found.baseline, measured_here()
    [throughput] = [m for m in baseline.metrics if (m.workload, m.metric) == ("acks1", "throughput")]
    wanted = [metric("throughput").take(b.base, "acks1") for b in comparison.blocks]
    assert throughput.values == pytest.approx(wanted, rel=1e-5)
    assert (throughput.n, throughput.unit) == (5, "msg/s")
    assert throughput.median == statistics.median(throughput.values)
    assert baseline.provenance.commit == comparison.base.provenance.commit
    assert {(m.workload, m.metric) for m in baseline.metrics} >= {("raw", "cpu_per_message"), ("raw", "p99")}
    assert ("acks0", "p99") not in {(m.workload, m.metric) for m in baseline.metrics}


def test_a_baseline_is_found_by_name_and_class_of_machines(kept: Path) -> None:
    """Given two versions on one class, each is found there, and neither on another class."""
    assert [k.name for k in baselines(kept)] == ["v2.2.0", "v2.2.7"]
    found = find("v2.2.7", HERE, kept)
    assert found is not None
    assert found.baseline.version == "v2.2.7"
    assert find("v2.2.8", HERE, kept) is None
    assert find("v2.2.7", ELSEWHERE, kept) is None
    why = not_comparable(found.baseline, ELSEWHERE)
    assert why is not None
    assert why.startswith("not comparable: recorded on 2 × Test CPU, 8.0 GiB, ext4")
    assert "64 × Other CPU" in why


def test_a_baseline_names_no_single_machine(kept: Path) -> None:
    """Given paths and programs among what was recorded, none gets into a file meant for version control."""
    save(of(a_ref("main")), "base", "main", kept)
    for path in kept.rglob("*.json"):
        text = path.read_text()
        assert "somebody" not in text
        assert "secret-program" not in text
        assert json.loads(text)["warnings"] == 1


def test_a_file_reviews_well(kept: Path) -> None:
    """Given a saved side, its keys are sorted, a metric's values stand on one line, and saved again it is the same."""
    path = kept / "test-cpu-2-cores-2-core-t" / "v2.2.0.json"
    text = path.read_text()
    document = json.loads(text)
    assert list(document) == sorted(document)
    assert list(document["config"]) == sorted(document["config"])
    values = [line for line in text.splitlines() if '"values": [' in line]
    assert len(values) == len(document["metrics"])
    assert all(line.count(",") == 5 for line in values)
    assert len(text.splitlines()) < 10 * len(document["metrics"]) + 150
    save(measured_here(), "base", "v2.2.0", kept)
    assert path.read_text() == text


def test_saving_again_replaces_also_what_is_broken(kept: Path) -> None:
    """Given a baseline, whole or cut short, saving another run under its name leaves one file with the new values."""
    path = next(kept.rglob("v2.2.0.json"))
    before = path.read_text()
    _, was = save(measured_here(seed=2), "base", "v2.2.0", kept)
    assert was is not None
    after = path.read_text()
    assert after != before
    path.write_text(before[:-20])
    assert save(measured_here(seed=2), "base", "v2.2.0", kept)[1] is None
    assert path.read_text() == after
    assert len([p for p in kept.rglob("*") if p.is_file()]) == 2


@pytest.mark.parametrize(
    ("provenance", "says"),
    [
        (Provenance("git", COMMIT, True, "uncommitted: a.py"), r"uncommitted changes \(uncommitted: a\.py\)"),
        (Provenance("checkout", None, None, "no commit: git is missing"), "no commit: git is missing"),
        (Provenance("checkout", COMMIT, None, "git was slow"), "nobody knows which version"),
        (
            Provenance("running", None, None, ""),
            "ran already when it was measured.*; measure one that perf starts",
        ),
    ],
)
def test_what_nobody_could_measure_again_is_not_kept(
    provenance: Provenance, says: str, tmp_path: Path
) -> None:
    """Given uncommitted changes, or a version without a commit, the sentence says so and nothing is written."""
    target = dataclasses.replace(measured_here().base, provenance=provenance)
    with pytest.raises(BadInput, match=says):
        save(of(target), "base", "main", tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_no_name_or_was_not_measured_is_refused(tmp_path: Path) -> None:
    """Given a name that leaves the folder, a run without a block, or one of before versions were kept, nothing is."""
    for name in ("v2.2.0 with wal.profile=low", "command:x {port}", "../x", ".x", ""):
        with pytest.raises(BadInput, match="cannot be called"):
            save(measured_here(), "base", name, tmp_path)
    with pytest.raises(BadInput, match="no block that counts"):
        save(dataclasses.replace(measured_here(), blocks=()), "base", "v2.2.0", tmp_path)
    with pytest.raises(BadInput, match="an earlier perf"):
        save(of(dataclasses.replace(measured_here().base, version="")), "base", "v2.2.0", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-20], "not a whole baseline"),
        (lambda text: "[]", "no baseline that this perf reads"),
        (lambda text: text.replace('"n": 5', '"n": "five"', 1), "metrics.0.n"),
        (
            lambda text: re.sub(r'("values": )\[[^]]*\]', r"\1[]", text, count=1),
            "throughput of acks1 has no value",
        ),
        (lambda text: text.replace('"schema_version": 2', '"schema_version": 9'), "schema 9"),
    ],
)
def test_a_damaged_baseline_says_so(kept: Path, change: Callable[[str], str], said: str) -> None:
    """Given a file cut short, foreign, damaged or of another schema, one sentence names it and what is wrong."""
    path = next(kept.rglob("v2.2.0.json"))
    path.write_text(change(path.read_text()))
    with pytest.raises(BadInput, match=said) as caught:
        baselines(kept)
    assert str(path) in str(caught.value)


def test_a_name_stands_for_what_was_measured_last(tmp_path: Path) -> None:
    """Given one name on two classes of machines, it stands for the later of the two commits, whoever asks."""
    save(of(a_ref("main"), started_at="2026-11-02T00:00:00+00:00"), "base", "main", tmp_path)
    later = of(a_ref("main", COMMIT[::-1]), started_at="2026-11-03T00:00:00+00:00", environment=ELSEWHERE)
    save(later, "base", "main", tmp_path)
    assert version_of(baselines(tmp_path, "main")).provenance.commit == COMMIT[::-1]


def test_promoting_makes_a_name_stand_for_one_version(tmp_path: Path) -> None:
    """Given an older release on two machines and main on one, after promoting main only main's is called release."""
    for where in (HERE, ELSEWHERE):
        save(of(a_ref("v1", COMMIT[::-1]), environment=where), "base", "release", tmp_path)
    save(of(a_ref("main")), "base", "main", tmp_path)
    done = promote("main", "release", tmp_path)
    assert [k.baseline.version for k in done.replaced] == ["v1"]
    assert [k.path.parent.name for k in done.gone] == ["other-cpu-64-cores-another"]
    assert not done.gone[0].path.parent.exists()
    [release] = baselines(tmp_path, "release")
    assert release.baseline == baselines(tmp_path, "main")[0].baseline
    with pytest.raises(BadInput, match="has that name already"):
        promote("main", "main", tmp_path)
    with pytest.raises(BadInput, match="there are: main, release"):
        promote("next", "release", tmp_path)


def test_drift_is_told_metric_by_metric(kept: Path) -> None:
    """Given a run of the version at 80 % of its throughput, that metric is outside and the rest as it was."""
    baseline = baselines(kept, "v2.2.0")[0].baseline
    slow = {**V220, "acks1": dataclasses.replace(V220["acks1"], msgs_per_s=0.8 * V220["acks1"].msgs_per_s)}
    found = {(d.now.workload, d.now.metric): d for d in drift(baseline, measured_here(base=slow), "base")}
    assert found["acks1", "throughput"].relative == pytest.approx(-0.2, abs=0.01)
    assert found["acks1", "throughput"].outside
    assert not found["raw", "throughput"].outside
    assert found["raw", "tasks_per_batch"].relative is None


def test_drift_between_things_that_differ_is_refused(kept: Path) -> None:
    """Given another class of machines, another version or another workload of the same name, the sentence says what."""
    baseline, comparison = baselines(kept, "v2.2.0")[0].baseline, measured_here()
    with pytest.raises(BadInput, match="not comparable: recorded on"):
        drift(baseline, dataclasses.replace(comparison, environment=ELSEWHERE), "base")
    with pytest.raises(BadInput, match=r"the candidate of this run is v2\.2\.7"):
        drift(baseline, comparison, "candidate")
    changed = dataclasses.replace(comparison.base, overrides={"wal.profile": "low"})
    with pytest.raises(BadInput, match=r"is v2\.2\.0 with wal\.profile=low"):
        drift(baseline, of(changed), "base")
    acks = dataclasses.replace(comparison.workloads[0], acks=0)
    other = dataclasses.replace(comparison, workloads=(acks, *comparison.workloads[1:]))
    with pytest.raises(BadInput, match="acks is 1 on one side and 0 on the other"):
        drift(baseline, other, "base")
