"""Markdown for a pull request: the headline, what moved and why, what was decided, and the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chronik_perf.model import Comparison, MetricVerdict, Verdict, metric
from chronik_perf.report.circumstances import clients, of_starts, profilers, settings
from chronik_perf.report.telling import tell
from chronik_perf.stats import words

MARKER = "<!-- chronik-perf -->"
_FAILED = f"{MARKER}\n### The measurement failed, which says nothing about the change\n\n"
_NOT_BEGUN = f"{MARKER}\n### Nothing was measured\n\n"
_MARKS = {"regressed": "🔴", "improved": "🟢", "unchanged": "⚪", "inconclusive": "🟡"}


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the summary; names that come from outside are escaped, so that they cannot become markup."""
    return "\n".join(_lines(comparison, verdict)) + "\n"


def failure(begun: bool, sentence: str) -> str:
    """Give the page of a gate without a verdict: whether a measurement failed or none was begun, and why."""
    return f"{_FAILED if begun else _NOT_BEGUN}{_text(sentence)}\n"


def tells_failure(page: str) -> bool:
    """Tell whether a page is that of a measurement that failed, which holds nothing that was measured."""
    return page.startswith(_FAILED)


def _lines(comparison: Comparison, verdict: Verdict) -> Iterator[str]:
    # So that whoever writes a comment finds the one to update.
    yield MARKER
    yield f"### {_text(verdict.headline)}"
    yield ""
    if not comparison.complete:
        yield "**Interrupted:** the planned blocks were not all measured."
        yield ""
    told = tell(comparison, verdict)
    for cause in told.cause:
        yield f"**Likeliest cause:** {_text(cause.text)}."
        yield ""
    for paragraph in told.paragraphs:
        yield f"**{_text(paragraph.workload.title)}:** {_text(paragraph.text)}"
        yield ""
    for sentence in told.unavailable:
        yield _text(sentence)
        yield ""
    if verdict.found:
        yield from (f"- **Finding:** {_text(finding)}" for finding in verdict.found)
        yield ""
    yield "| | Workload | Metric | Change (interval) | Base → candidate |"
    yield "|---|---|---|---|---|"
    yield from (_row(row) for row in verdict.rows if row.role != "evidence")
    if verdict.caveats:
        yield ""
        yield from (f"- **To know:** {_text(caveat)}" for caveat in verdict.caveats)
    yield ""
    yield "<details><summary>How it was measured</summary>"
    yield ""
    yield from (f"- {_text(w.name)}: {_text(w.describe())}" for w in comparison.workloads)
    yield f"- {words.count(len(comparison.kept_blocks), 'block')} {of_starts(comparison)}, side by side"
    yield f"- chance of any false verdict at most {words.rate(verdict.family_error)}, at whatever block it ended"
    yield f"- {_text(comparison.environment.cpu_model)}, {_text(comparison.environment.filesystem)}"
    yield f"- client libraries of all loads: {_text(clients(comparison))}"
    yield from (f"- profiles by {_text(taken)}" for taken in profilers(comparison))
    for side, target in (("base", comparison.base), ("candidate", comparison.candidate)):
        origin = target.provenance
        dirty = ", **dirty tree**" if origin.dirty else ""
        yield f"- {side} {_text(target.name)}: {origin.source} {_text(origin.commit or origin.detail)}{dirty}"
    rows, which = settings(comparison)
    for s in rows:
        if s.differs and s.told:
            yield f"- {which} {_text(s.key)}: {_text(s.base or 'not set')} → {_text(s.candidate or 'not set')}"
    for key, value in comparison.design.client_config.items():
        yield f"- client configuration {_text(key)}: {_text(value)}"
    yield f"- again: {_text(comparison.command)}"
    yield ""
    yield "</details>"


def _row(row: MetricVerdict) -> str:
    declared = metric(row.metric)
    mark = f"{_MARKS[row.word]} {row.word}" if row.word else "not judged"
    if row.accepted:
        mark = f"🟠 {row.word}, accepted: {_text(row.accepted)}"
    if row.effect is None:
        change, values = _text(row.sentence), _text(row.why)
    else:
        change = words.signed_change(row.effect, declared.unit)
        values = words.from_to(row.effect, declared.unit)
    return f"| {mark} | {_text(row.workload)} | {declared.title} | {change} | {values} |"


def _text(text: str) -> str:
    """Escape what Markdown or HTML would take for markup, and what a forge would take for a person or an issue."""
    escaped = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    escaped = re.sub(r"([\\`*_\[\]|~])", r"\\\1", escaped)
    return re.sub(r"([@#])(?=\w)", "\\1\N{WORD JOINER}", escaped)
