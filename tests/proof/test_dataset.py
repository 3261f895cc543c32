"""The data set holds what was measured, and gives it back as the verdicts see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.proof.__main__ import main
from benchmarks.proof.bets import one_way, replayed, words
from benchmarks.proof.dataset import AA, Recorded, add, lines, read
from benchmarks.proof.record import label_of
from benchmarks.proof.rows import comparison_line, start_lines
from chronik_perf.model import BadInput, Comparison, metric
from chronik_perf.stats import Family, judge
from chronik_perf.stats.gather import on_scale_of, pairs_of
from chronik_perf.stats.planning.family import margin_of
from tests.builders import V220, V227, Noise, a_comparison


def recorded(folder: Path, comparison: Comparison, label: str = AA) -> Recorded:
    """Add a comparison to a data set and read it back."""
    add(folder, comparison_line(comparison, "run-1", label, 0), start_lines(comparison, "run-1"))
    (run,) = read(folder)
    return run


def test_every_test_of_every_block_comes_back_as_the_verdict_sees_it(tmp_path: Path) -> None:
    """Values, their order and the number of tests that share the error are those of the verdict."""
    comparison = a_comparison(V220, V220, blocks=9, histograms=False, evidence=False, noise=Noise(), seed=3)
    run = recorded(tmp_path, comparison)
    typical = run.spreads.typical()
    assert len(run.tests) == Family.of(comparison.design, comparison.workloads).tests
    assert run.values.shape == (len(run.measured), 9, 2)
    for at, (test, values) in enumerate(zip(run.measured, run.values, strict=True)):
        pairs = pairs_of(comparison, test.metric, test.workload.name)
        base, candidate = on_scale_of(test.metric, pairs)
        if pairs.typical is None:
            assert np.isnan(typical.value[at]).all()
        else:
            assert typical.value[at] == pytest.approx(pairs.typical.value, abs=2e-5)
            assert typical.value_se[at] == pytest.approx(pairs.typical.value_se, abs=2e-5)
            assert typical.whole_se[at] == pytest.approx(pairs.typical.whole_se, abs=2e-5)
        assert values[:, 0] == pytest.approx(base, abs=2e-5, rel=2e-5)
        assert values[:, 1] == pytest.approx(candidate, abs=2e-5, rel=2e-5)
    assert run.base_first.tolist() == [b.base.order == 0 for b in comparison.kept_blocks]


def test_a_replay_of_recorded_blocks_reaches_the_words_of_the_verdict(tmp_path: Path) -> None:
    """Whoever replays the data set judges as `perf compare` did: the same tests regressed, at the same error."""
    comparison = a_comparison(V220, V227, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=5)
    run = recorded(tmp_path, comparison, "regression")
    margins = np.array([margin_of(t.metric, t.metric.threshold) for t in run.measured])
    found = words(replayed(run), margins, one_way(len(run.tests)))
    lower = np.array([t.metric.better == "higher" for t in run.measured])
    slower = {
        t.name
        for t, at in zip(run.measured, np.where(lower, found.below, found.above)[0], strict=True)
        if at < np.inf
    }
    verdict = judge(comparison)
    names = {t.name for t in run.tests}
    regressed = {f"{r.metric}@{r.workload}" for r in verdict.rows if r.word == "regressed"} & names
    assert slower == regressed
    assert "throughput@raw" in slower


def test_a_discarded_block_is_kept_in_the_data_and_counts_for_nothing(tmp_path: Path) -> None:
    """What was discarded can be seen by a reader of the file, and by no test."""
    from dataclasses import replace

    comparison = a_comparison(V220, V220, blocks=9, histograms=False, evidence=False, noise=Noise(), seed=3)
    spoilt = replace(comparison.blocks[4], discarded="the host took 20 % of the cores away")
    comparison = replace(comparison, blocks=(*comparison.blocks[:4], spoilt, *comparison.blocks[5:]))
    run = recorded(tmp_path, comparison)
    assert run.values.shape[1] == 8
    assert sum(bool(r["discarded"]) for r in run.starts) == 2 * len(run.workloads)
    assert run.line["discarded"] == 1


def test_a_run_is_added_once(tmp_path: Path) -> None:
    """A run that is there already is refused, and the data set stays as it was."""
    comparison = a_comparison(V220, V220, blocks=7, histograms=False, evidence=False, noise=Noise(), seed=3)
    recorded(tmp_path, comparison)
    with pytest.raises(BadInput, match=r"run-1 is in .* already"):
        recorded(tmp_path, comparison)
    assert len(lines(tmp_path)) == 1


def test_a_line_that_is_none_is_named(tmp_path: Path) -> None:
    """The sentence says which file and which line."""
    recorded(
        tmp_path, a_comparison(V220, V220, blocks=7, histograms=False, evidence=False, noise=Noise(), seed=3)
    )
    with (tmp_path / "comparisons.jsonl").open("a", encoding="utf-8") as file:
        file.write("{'run': 1}\n")
    with pytest.raises(BadInput, match=r"comparisons\.jsonl, line 2"):
        read(tmp_path)


def test_a_label_never_contradicts_what_was_compared() -> None:
    """Versions that are the same are A/A whatever was asked for, and others are never so by default."""
    assert label_of(None, alike=True) == AA
    assert label_of("regression", alike=False) == "regression"
    for label, alike in (("regression", True), (None, False), (AA, False)):
        with pytest.raises(BadInput):
            label_of(label, alike)


def test_a_comparison_that_cannot_be_run_adds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version that there is not ends the recording with a sentence and exit code 2."""
    data = tmp_path / "data"
    assert main(["--data", str(data), "record", "--base", "v0.0.1", "--candidate", "v0.0.1"]) == 2
    assert "v0.0.1" in capsys.readouterr().err
    assert lines(data) == []


def test_the_committed_data_set_can_be_read() -> None:
    """Every recorded comparison has starts of both sides in every block, and only values above 0 where there is one."""
    for run in read():
        assert {r["side"] for r in run.starts} == {"base", "candidate"}
        for row in run.starts:
            for name in ("throughput", "cpu_per_message", "p99"):
                assert row[name] is None or row[name] > 0
        assert metric("throughput").name in {t.metric.name for t in run.measured}
