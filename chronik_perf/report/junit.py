"""JUnit XML for CI systems: each gate and watch is a test case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from chronik_perf.model import Comparison, MetricVerdict, Verdict, metric
from chronik_perf.report.telling import cause_beside

# XML 1.0 has no way to write these, not even escaped; a broker's last words may hold them.
_ILLEGAL = re.compile(r"[^\t\n\r -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give one test suite: regressed is a failure, an open gate an error, a watch that was not judged skipped."""
    rows = [row for row in verdict.rows if row.role != "evidence"]
    suite = ET.Element(
        "testsuite",
        name=_legal(f"perf compare {comparison.base.name} {comparison.candidate.name}"),
        tests=str(len(rows)),
        failures=str(sum(row.counts for row in rows)),
        errors=str(sum(_open_gate(row) for row in rows)),
        skipped=str(sum(_not_judged(row) for row in rows)),
        time=f"{comparison.elapsed_s:.3f}",
        timestamp=comparison.started_at,
    )
    cause = cause_beside(comparison, verdict)
    for row in rows:
        case = ET.SubElement(
            suite, "testcase", classname=_legal(f"perf.{row.workload}"), name=metric(row.metric).title
        )
        sentence = _legal(f"{row.sentence} {row.why}".strip())
        if row.counts:
            named = _legal(cause.get((row.metric, row.workload), ""))
            # Jenkins shows message and body, GitLab the body alone: all that is to be read stands in the body.
            failure = ET.SubElement(case, "failure", type="regressed", message=sentence)
            failure.text = f"{sentence}\n{named}".rstrip()
        elif _open_gate(row):
            ET.SubElement(case, "error", type="inconclusive", message=sentence)
        elif _not_judged(row):
            ET.SubElement(case, "skipped", message=sentence)
        else:
            ET.SubElement(case, "system-out").text = sentence
    ET.SubElement(suite, "system-out").text = _legal("\n".join((verdict.headline, *verdict.findings)))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _open_gate(row: MetricVerdict) -> bool:
    return row.role == "gate" and row.word in ("inconclusive", None)


def _not_judged(row: MetricVerdict) -> bool:
    return row.role == "watch" and row.word in ("inconclusive", None)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
