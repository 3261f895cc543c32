"""An accepted regression is told everywhere and fails nothing; one that was not accepted still does."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET

import pytest

from chronik_perf.model import Comparison
from chronik_perf.report import code_quality, github, html, junit, markdown, metrics_text, text
from chronik_perf.stats import judge
from tests.builders import V220, V227, Noise, a_comparison


@pytest.fixture(scope="module")
def regressed() -> Comparison:
    return a_comparison(V220, V227, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=5)


def accepting(comparison: Comparison, *keys: str) -> Comparison:
    design = dataclasses.replace(comparison.design, accepted=dict.fromkeys(keys, "checksums (abc)"))
    return dataclasses.replace(comparison, design=design)


def all_keys(comparison: Comparison) -> list[str]:
    return [f"{r.metric}@{r.workload}" for r in judge(comparison).rows if r.word == "regressed"]


def test_a_regression_that_is_accepted_whole_is_none(regressed: Comparison) -> None:
    """Given all that regressed accepted, and all gates decided, the outcome is not a regression; the headline tells."""
    verdict = judge(accepting(regressed, *all_keys(regressed)))
    assert judge(regressed).outcome == "regression"
    assert verdict.outcome != "regression"
    assert "Accepted (checksums (abc))" in verdict.headline
    assert all(r.accepted for r in verdict.rows if r.word == "regressed")


def test_the_headline_tells_what_else_there_is_beside_what_was_accepted() -> None:
    """Given the one regressed gate accepted and the other improved, the headline says both, and no plain "none"."""
    slower = V220 | {
        "acks1": dataclasses.replace(V220["acks1"], msgs_per_s=100e3),
        "raw": dataclasses.replace(V220["raw"], msgs_per_s=180e3, cpu_us_per_message=4.6),
    }
    measured = a_comparison(V220, slower, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=5)
    verdict = judge(accepting(measured, *all_keys(measured)))
    assert verdict.outcome == "none"
    assert verdict.headline.startswith("No regression but what was accepted, and ")
    assert "Accepted (checksums (abc))" in verdict.headline


def test_one_metric_is_accepted_and_the_others_are_not(regressed: Comparison) -> None:
    """Given throughput accepted on one workload alone, the regression of the others still fails."""
    verdict = judge(accepting(regressed, "throughput@acks1"))
    assert verdict.outcome == "regression"
    assert [f"{r.metric}@{r.workload}" for r in verdict.rows if r.accepted] == ["throughput@acks1"]
    for_all = judge(accepting(regressed, "throughput"))
    assert {r.workload for r in for_all.rows if r.accepted} == {
        r.workload for r in verdict.rows if r.metric == "throughput" and r.word == "regressed"
    }


def test_every_output_shows_what_was_accepted(regressed: Comparison) -> None:
    """Given an accepted regression, text, Markdown, HTML, JUnit, annotations and code quality all say so."""
    comparison = accepting(regressed, *all_keys(regressed))
    verdict = judge(comparison)
    assert "regressed, accepted" in text.render(comparison, verdict)
    assert "accepted: checksums" in markdown.render(comparison, verdict)
    assert "regressed, accepted" in html.render(comparison, verdict)
    suite = ET.fromstring(junit.render(comparison, verdict))
    assert suite.get("failures") == "0"
    assert "Accepted: checksums" in ET.tostring(suite, encoding="unicode")
    lines = github.render(comparison, verdict).splitlines()
    assert not any(line.startswith("::error") for line in lines)
    assert any(line.startswith("::warning") and "regressed%2C accepted" in line for line in lines)
    issues = json.loads(code_quality.render(comparison, verdict))
    assert {i["severity"] for i in issues} == {"info"}


def test_ci_systems_are_told_of_a_regression(regressed: Comparison) -> None:
    """Given a regression, GitHub gets an error a row, GitLab an issue with its own fingerprint, and both values."""
    verdict = judge(regressed)
    rows = [r for r in verdict.rows if r.word == "regressed"]
    lines = github.render(regressed, verdict).splitlines()
    assert sum(line.startswith("::error title=") for line in lines) == len(rows)
    issues = json.loads(code_quality.render(regressed, verdict))
    assert len({i["fingerprint"] for i in issues}) == len(rows)
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(issues[0])
    values = metrics_text.render(regressed, verdict).splitlines()
    assert any(line.startswith('chronik_perf_throughput{workload="acks1",side="base"} ') for line in values)
    assert values[-1] == "# EOF"
    assert markdown.render(regressed, verdict).startswith("<!-- chronik-perf -->\n")


def test_what_comes_from_outside_ends_no_workflow_command(regressed: Comparison) -> None:
    """Given a version whose name holds a line break and a command, GitHub sees one command a line, and none of its."""
    named = dataclasses.replace(
        regressed, candidate=dataclasses.replace(regressed.candidate, name="v1\n::set-output name=x::y")
    )
    for line in github.render(named, judge(named)).splitlines():
        assert line.split(" ")[0] in ("::error", "::warning", "::notice")
