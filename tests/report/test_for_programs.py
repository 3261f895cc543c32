"""Reports that programs read: JUnit XML, JSON, Markdown, and plain text in a log."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

from chronik_perf.model import ASKED, SIDES, Comparison, Probe, Verdict
from chronik_perf.report import code_quality, github, junit, markdown, text, verdict_json
from chronik_perf.stats import judge
from tests.builders import V220, Noise, a_comparison, a_pair_of_equals
from tests.builders.profiles import a_profile_of

HOSTILE = "</td><script>alert(1)</script> [x](javascript:1) | `@team` #12\x1b[2J\x00\u202e"


def test_junit_has_a_case_for_each_gate_and_watch(regression: Comparison, verdict: Verdict) -> None:
    """Regressed rows are failures, in the number that the suite declares; evidence is no case."""
    suite = ET.fromstring(junit.render(regression, verdict))
    decided = [r for r in verdict.rows if r.role != "evidence"]
    regressed = [r for r in decided if r.word == "regressed"]
    assert len(suite.findall("testcase")) == int(suite.get("tests", "")) == len(decided)
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures", "")) == len(regressed) > 0
    assert suite.find("testcase/failure").get("message") == regressed[0].sentence  # type: ignore[union-attr]


def test_junit_tells_open_gates_from_open_watches() -> None:
    """A gate that could not be decided is an error, a watch that was not judged is skipped, neither a failure."""
    short = a_pair_of_equals(blocks=2, slices=2)
    verdict = judge(short)
    suite = ET.fromstring(junit.render(short, verdict))
    gates = [r for r in verdict.rows if r.role == "gate"]
    assert len(suite.findall("testcase/error")) == int(suite.get("errors", "")) == len(gates)
    assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped", "")) > 0
    assert suite.find("testcase/failure") is None


def test_junit_survives_what_xml_cannot_hold(regression: Comparison) -> None:
    """Control characters in a name or a finding leave well-formed XML."""
    named = replace(regression, candidate=replace(regression.candidate, name=HOSTILE))
    verdict = replace(judge(named), found=(HOSTILE,), caveats=(HOSTILE,))
    suite = ET.fromstring(junit.render(named, verdict))
    assert "<script>alert(1)</script>" in suite.get("name", "")


def test_json_says_what_the_verdict_says(regression: Comparison, verdict: Verdict) -> None:
    """Every row is there with word, role and effect, under a schema version, in JSON that any parser takes."""
    document = json.loads(verdict_json.render(regression, verdict), parse_constant=_refuse)
    assert document["schema_version"] == 1
    assert document["outcome"] == verdict.outcome == "regression"
    assert [(r["metric"], r["workload"], r["word"]) for r in document["rows"]] == [
        (r.metric, r.workload, r.word) for r in verdict.rows
    ]
    assert document["rows"][0]["effect"]["estimate"] == verdict.rows[0].effect.estimate  # type: ignore[union-attr]
    assert document["culprits"][0] == {
        "kind": "stage",
        "name": "commit_wait",
        "file": "",
        "workload": "acks1",
    }
    cause = "ikeliest cause:"
    for page in (text.render(regression, verdict), markdown.render(regression, verdict)):
        assert page.index(cause) < page.index("A batch now waits") and "commit wait of a produce" in page


def test_what_tells_row_by_row_names_the_likeliest_cause_once_beside_its_row(
    regression: Comparison, verdict: Verdict
) -> None:
    """Annotation, JUnit failure and code-quality issue name the cause beside the first row of its workload alone."""
    # given the incident, in which five rows regressed and the cause is seen under acks1
    cause = "Likeliest cause: the stage commit wait of a produce, 10.8 ms longer, under acks1."
    first = next(r for r in verdict.rows if r.counts and r.workload == "acks1")
    for told in told_by_row(regression, verdict):
        # then one message has it, behind what it has always said
        assert len(told) > 2
        (named,) = [message for message in told if "cause:" in message]
        assert first.sentence in named and named.endswith(cause)


def test_the_cause_stands_beside_what_counts(regression: Comparison) -> None:
    """Where the losses of one workload are accepted, the other's cause is told there; of equals none is told."""
    accepted = {"throughput@acks1": "a new codec", "p99@acks1": "a new codec"}
    made = replace(regression, design=replace(regression.design, accepted=accepted))
    for told in told_by_row(made, judge(made)):
        (named,) = [message for message in told if "cause:" in message]
        assert named.endswith(", under raw.")
    equals = a_pair_of_equals(blocks=8, histograms=False)
    for told in told_by_row(equals, judge(equals)):
        assert not [message for message in told if "cause:" in message]


def test_a_cause_seen_while_other_things_were_asked_stands_beside_the_cpu_that_it_explains() -> None:
    """A function that no load's profile tells, and an answer's does, is named beside CPU per message."""
    # given throughput lost to CPU, and a function that took more of it while other things were asked
    slow = replace(V220["raw"], msgs_per_s=45e3, cpu_us_per_message=20.3)
    lost = a_comparison(V220, {**V220, "raw": slow}, blocks=12, histograms=False, noise=Noise(), seed=5)
    made = with_work_while_asked(lost, "look (store.py);snapshot (store.py)")
    # then it is beside CPU per message, and not beside the throughput that comes first
    for told in told_by_row(made, judge(made)):
        (named,) = [message for message in told if "cause:" in message]
        assert "CPU per stored message rose" in named and "while a start was asked other things." in named


def test_a_junit_failure_has_its_sentence_in_its_body_too(regression: Comparison, verdict: Verdict) -> None:
    """GitLab shows the body alone where there is one, so that the body says all that the message does."""
    suite = ET.fromstring(junit.render(regression, verdict))
    for failure in suite.findall("testcase/failure"):
        assert (failure.text or "").startswith(failure.get("message", "?"))


def test_markdown_begins_with_the_headline(regression: Comparison, verdict: Verdict) -> None:
    """A pull request shows the headline, the decided rows and the explanation; circumstances are folded away."""
    summary = markdown.render(regression, verdict)
    assert summary.startswith(f"{markdown.MARKER}\n### {verdict.headline}\n")
    assert summary.count("🔴 regressed") == sum(r.word == "regressed" for r in verdict.rows)
    assert "A batch now waits 11.3 ms for its commit" in summary
    assert summary.index("<details>") > summary.index("1 task is spawned per batch instead of none")


def test_markdown_takes_no_markup_from_outside(regression: Comparison) -> None:
    """A hostile name makes no HTML, no link, no table cell, and calls nobody."""
    named = replace(regression, candidate=replace(regression.candidate, name=HOSTILE))
    summary = markdown.render(named, judge(named))
    assert "<script" not in summary
    assert "[x](" not in summary
    assert "@team" not in summary and "#12" not in summary
    cells = [
        line.count(" | ") for line in summary.splitlines() if line.startswith("| ") and "regressed" in line
    ]
    assert len(set(cells)) == 1


def test_text_begins_with_the_headline_and_counts_side_by_side(
    regression: Comparison, verdict: Verdict
) -> None:
    """Headline, words with intervals and values, the load in the field's words, and sent, acked, stored."""
    lines = text.render(regression, verdict).splitlines()
    assert " ".join(lines[:2]) == verdict.headline
    shown = "\n".join(lines)
    assert "closed loop, 128 in flight" in shown
    assert "  regressed  throughput (gate)" in shown
    assert "counted    sent" in shown and "acknowledged" in shown and "stored" in shown
    assert "the rest is waiting." in shown.replace("\n", " ")


def test_text_sends_a_terminal_nothing_that_it_would_obey(regression: Comparison) -> None:
    """Escape sequences in a name, and marks that turn the direction of reading, are shown as replacement characters."""
    named = replace(regression, base=replace(regression.base, name=HOSTILE))
    shown = text.render(named, judge(named))
    assert "\x1b" not in shown and "\u202e" not in shown


def test_words_come_from_the_verdict_alone() -> None:
    """Reporters handed a verdict that finds nothing name nothing, whatever the numbers look like."""
    # given numbers of a regression and a verdict without a decided row
    moved = a_comparison(blocks=3, slices=2)
    silent = _undecided(judge(moved))
    # then no reporter says that anything moved
    for reporter in (text.render, markdown.render, junit.render, verdict_json.render):
        told = reporter(moved, silent)
        assert "regressed" not in told and "improved" not in told
        assert "for its commit instead of" not in told


def told_by_row(comparison: Comparison, verdict: Verdict) -> tuple[list[str], list[str], list[str]]:
    """Give the messages of annotations, the bodies of JUnit failures, and the descriptions of issues."""
    suite = ET.fromstring(junit.render(comparison, verdict))
    return (
        [line.replace("%25", "%") for line in github.render(comparison, verdict).splitlines()],
        [failure.text or "" for failure in suite.findall("testcase/failure")],
        [str(issue["description"]) for issue in json.loads(code_quality.render(comparison, verdict))],
    )


def with_work_while_asked(comparison: Comparison, call: str) -> Comparison:
    """Give the candidate a call that its load is seen in once, and that takes 200 ms while it is asked other things."""
    profiles = []
    for p in comparison.profiles:
        once = {f"MainThread;run (loop.py);{call}": 1} if (p.side, p.workload) == ("candidate", "raw") else {}
        stacks = {**p.stacks, **once}
        profiles.append(replace(p, stacks=stacks, samples=sum(stacks.values())))
    base = {"MainThread;run (loop.py);read (log.py)": 100}
    more = {**base, f"MainThread;run (loop.py);{call}": 50}
    probes = tuple(
        Probe(
            side, start, {}, (replace(a_profile_of(stacks, side, cpu_s=cpu_s), workload=ASKED, start=start),)
        )
        for side, cpu_s, stacks in zip(SIDES, (0.4, 0.6), (base, more), strict=True)
        for start in range(3)
    )
    # of two starts a load's own profile tells no function
    return replace(comparison, profiles=tuple(p for p in profiles if p.start < 2), probes=probes)


def _undecided(verdict: Verdict) -> Verdict:
    rows = tuple(replace(r, word=None, sentence="Not judged.", why="") for r in verdict.rows)
    return replace(verdict, outcome="inconclusive", headline="Inconclusive.", rows=rows)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")
