"""Annotations for the page of a GitHub job: workflow commands, one a row that is worth one."""

from __future__ import annotations

from chronik_perf.model import Comparison, MetricVerdict, Verdict, metric
from chronik_perf.report.telling import cause_beside


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give a line for each regression (an error), for what was accepted or stays open (a warning), and for findings."""
    cause = cause_beside(comparison, verdict)
    lines = [
        _line(comparison, row, cause.get((row.metric, row.workload), ""))
        for row in verdict.rows
        if _is_told(row)
    ]
    lines += [_command("notice", comparison.candidate.name, finding) for finding in verdict.findings]
    return "".join(f"{line}\n" for line in lines)


def failure(sentence: str) -> str:
    """Give the line for a gate that came to no verdict."""
    return f"{_command('error', 'performance: no verdict', sentence)}\n"


def _is_told(row: MetricVerdict) -> bool:
    return row.word == "regressed" or (row.role == "gate" and row.word in ("inconclusive", None))


def _line(comparison: Comparison, row: MetricVerdict, cause: str) -> str:
    level = "error" if row.counts else "warning"
    title = f"{metric(row.metric).title}, {row.workload}: {row.word or 'not judged'}{', accepted' * bool(row.accepted)}"
    said = " ".join(part for part in (row.sentence, row.why, cause) if part)
    return _command(level, title, f"{comparison.candidate.name}: {said}")


def _command(level: str, title: str, message: str) -> str:
    # As GitHub's own toolkit escapes them: what comes from outside must not end a command or begin another.
    escaped = title.translate(_DATA | {ord(":"): "%3A", ord(","): "%2C"})
    return f"::{level} title={escaped}::{message.translate(_DATA)}"


_DATA = {ord("%"): "%25", ord("\r"): "%0D", ord("\n"): "%0A"}
