"""Metrics of a user's own broker are evidence in every comparison that asks for them, and decide nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, OwnMetric, Side, Slice, Unavailable, metric
from chronik_perf.report import html, text
from chronik_perf.stats import judge
from chronik_perf.store import load, save
from tests.builders import ACKS1, V220, a_comparison, with_slices

NAMES = ("flushes_total", "queue_length", "lost_metric")


def measured(flushes: tuple[float, float] = (0.01, 0.02)) -> Comparison:
    """Compare equals of which the candidate flushes more often a message and has a longer queue afterwards."""
    made = a_comparison(V220, V220, workloads=(ACKS1,), blocks=14, evidence=False, histograms=False)
    made = replace(
        made, base=replace(made.base, interesting=NAMES), candidate=replace(made.candidate, interesting=NAMES)
    )

    def told(side: Side, per_message: float, queue: float) -> Comparison:
        def change(one: Slice) -> Slice:
            own = {
                "flushes_total": OwnMetric("counter", one.load.stored * per_message),
                "queue_length": OwnMetric("gauge", queue),
                "lost_metric": OwnMetric(
                    "gauge", Unavailable("the broker's metrics do not have lost_metric")
                ),
            }
            return replace(one, own=own)

        return with_slices(made, side, change)

    made = told("base", flushes[0], 3.0)
    return told("candidate", flushes[1], 8.0)


def test_each_metric_has_a_row_of_evidence() -> None:
    """Given a counter, a gauge and one that is not there, each has its row, with values a person can read, or a why."""
    verdict = judge(measured())
    counter, gauge = (
        verdict.row(name, "acks1") for name in ("own:counter:flushes_total", "own:gauge:queue_length")
    )
    assert counter is not None and counter.effect is not None
    assert (counter.effect.base, counter.effect.candidate) == pytest.approx((0.01, 0.02))
    assert counter.sentence.startswith("Metric flushes_total per stored message: +0.01 /msg (+")
    assert counter.sentence.endswith(", from 0.01 to 0.02 /msg.")
    assert gauge is not None
    assert gauge.sentence.startswith("Metric queue_length after a slice: +5 (+")
    assert gauge.sentence.endswith("), from 3 to 8.")
    lost = verdict.row("own:gauge:lost_metric", "acks1")
    assert lost is not None and lost.effect is None
    assert "do not have lost_metric" in lost.why
    assert {r.role for r in (counter, gauge, lost)} == {"evidence"}


def test_they_never_decide() -> None:
    """Given a counter that grew a thousandfold, the outcome and all words are as without it."""
    with_them, without = judge(measured((0.01, 10.0))), judge(measured((0.01, 0.01)))
    assert with_them.outcome == without.outcome == "none"
    assert [r.word for r in with_them.rows] == [r.word for r in without.rows]
    assert not [r for r in judge(measured(), evidence=False).rows if r.metric.startswith("own:")]


def test_reports_show_them_and_why_one_is_missing(tmp_path: object) -> None:
    """Given a run that was stored and read again, the text and the page show values, and the reason for none."""
    comparison = load(save(measured(), tmp_path))  # type: ignore[arg-type]
    verdict = judge(comparison)
    said = " ".join(text.render(comparison, verdict).split())
    page = html.render(comparison, verdict)
    assert "Metric flushes_total per stored message: +0.01 /msg" in said
    assert "Metric lost_metric after a slice is not available." in said
    for shown in (said, page):
        assert "metrics do not have lost_metric" in shown.replace("&#39;", "'")
    assert "Metric flushes_total per stored message" in page


def test_a_side_whose_perf_toml_does_not_name_it_is_said() -> None:
    """Given a metric that only the candidate's perf.toml names, it is unavailable, and the side is named."""
    bare = with_slices(measured(), "base", lambda s: replace(s, own={}))
    row = judge(bare).row("own:counter:flushes_total", "acks1")
    assert row is not None and row.effect is None
    assert "v2.2.0: [metrics] of its perf.toml does not name flushes_total" in row.why


@pytest.mark.parametrize("name", ["own:", "own:counter:", "own:rate:x", "other:counter:x", "nothing"])
def test_a_name_that_means_no_metric_is_an_error(name: str) -> None:
    """Given a name that nothing made, no metric is made up for it."""
    with pytest.raises(KeyError):
        metric(name)
