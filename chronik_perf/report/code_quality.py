"""GitLab's code-quality report: JSON in Code Climate's form, an issue for each regression."""

from __future__ import annotations

import hashlib
import json

from chronik_perf.model import Comparison, MetricVerdict, Verdict, metric
from chronik_perf.report.telling import cause_beside

# A regression belongs to no line; GitLab wants one all the same, and this is the file that says how it is measured.
_PATH = "perf.toml"


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the issues. A fingerprint is the same for the same metric, so that GitLab can tell what is new."""
    cause = cause_beside(comparison, verdict)
    issues = [
        _issue(comparison, row, cause.get((row.metric, row.workload), ""))
        for row in verdict.rows
        if row.word == "regressed"
    ]
    return json.dumps(issues, indent=1, ensure_ascii=False) + "\n"


def _issue(comparison: Comparison, row: MetricVerdict, cause: str) -> dict[str, object]:
    key = f"chronik-perf {row.metric}@{row.workload}"
    severity = "info" if row.accepted else "critical" if row.role == "gate" else "major"
    said = " ".join(part for part in (row.sentence, row.why, cause) if part)
    return {
        "description": f"{comparison.candidate.name}, {row.workload}: {said}",
        "check_name": f"{metric(row.metric).title}, {row.workload}",
        "fingerprint": hashlib.sha256(key.encode()).hexdigest(),
        "severity": severity,
        "location": {"path": _PATH, "lines": {"begin": 1}},
    }
