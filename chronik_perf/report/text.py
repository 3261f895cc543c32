"""The verdict as text for a terminal: headline, what moved and why, what was decided, what was counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chronik_perf.model import Comparison, MetricVerdict, Verdict, Workload, is_own, metric
from chronik_perf.printing import one_line
from chronik_perf.report.circumstances import clients, counted, of_starts, profilers, settings
from chronik_perf.report.telling import tell
from chronik_perf.report.terminal import printable, wrapped
from chronik_perf.stats import words

_STAGE = "stage_"


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the whole text, without a final newline and without control characters."""
    return printable("\n".join(_lines(comparison, verdict)))


def _lines(comparison: Comparison, verdict: Verdict) -> Iterator[str]:
    yield from wrapped(verdict.headline)
    if not comparison.complete:
        yield "Interrupted: the planned blocks were not all measured."
    told = tell(comparison, verdict)
    cause = (f"Likeliest cause: {one.text}." for one in told.cause)
    for said in (*cause, *(f"{p.workload.title}: {p.text}" for p in told.paragraphs), *told.unavailable):
        yield ""
        yield from wrapped(said)
    if verdict.found:
        yield ""
        for finding in verdict.found:
            yield from wrapped(f"finding: {finding}", "  ")
    for workload in comparison.workloads:
        yield ""
        yield f"{workload.name}: {workload.describe()}"
        yield from _workload(comparison, verdict, workload)
    if verdict.caveats:
        yield ""
        for caveat in verdict.caveats:
            yield from wrapped(f"to know: {caveat}", "  ")
    yield ""
    yield from _differences(comparison)
    client = comparison.design.client_config
    if client:
        yield from wrapped(
            f"client configuration of all loads: {', '.join(f'{k}={v}' for k, v in client.items())}"
        )
    yield f"client libraries of all loads: {clients(comparison)}"
    for taken in profilers(comparison):
        yield from wrapped(f"profiles by {taken}")
    yield _basis(comparison, verdict)


def _workload(comparison: Comparison, verdict: Verdict, workload: Workload) -> Iterator[str]:
    rows = [r for r in verdict.rows if r.workload == workload.name]
    decided = [r for r in rows if r.role != "evidence"]
    if decided:
        head = ("verdict", "metric", "change (interval)", "base → candidate", "threshold", "blocks")
        yield from _table([head, *(_cells(row) for row in decided)])
    for row in decided:
        if row.why and row.word != "unchanged":
            yield from wrapped(f"{metric(row.metric).title}: {row.why}", "  ")
    sides = counted(comparison, workload.name)
    if sides:
        yield from _table(
            [
                ("counted", "sent", "acknowledged", "stored"),
                *(
                    (n.side, f"{n.sent:,}", f"{n.acked:,}" if workload.acks else "–", f"{n.stored:,}")
                    for n in sides
                ),
            ]
        )
    evidence = [r for r in rows if r.role == "evidence" and (r.effect is not None or is_own(r.metric))]
    if evidence:
        yield "  evidence, which decides nothing:"
        for row in evidence:
            if not row.metric.startswith(_STAGE):
                yield from wrapped(
                    f"{row.sentence} {row.why}".rstrip() if is_own(row.metric) else row.sentence, "    "
                )
        yield from wrapped(_stages(evidence), "    ")


def _stages(evidence: Sequence[MetricVerdict]) -> str:
    """Say all stages in one line: apart they would bury the rest."""
    told = [
        f"{r.metric.removeprefix(_STAGE).replace('_', ' ')} {words.number(e.base)} → {words.number(e.candidate)}"
        for r in evidence
        if r.metric.startswith(_STAGE) and (e := r.effect) is not None
    ]
    return f"Stages of a produce, ms per batch: {', '.join(told)}." if told else ""


def _cells(row: MetricVerdict) -> tuple[str, ...]:
    declared = metric(row.metric)
    title = f"{declared.title} ({row.role})"
    word = f"{row.word or 'not judged'}{', accepted' * bool(row.accepted)}"
    effect = row.effect
    if effect is None:
        return word, title, row.sentence if row.word else "unavailable", "", "", ""
    return (
        word,
        title,
        words.signed_change(effect, declared.unit),
        f"{words.number(effect.base)} → {words.quantity(effect.candidate, declared.unit)}",
        words.threshold_words(declared, row.threshold or 0.0),
        str(effect.blocks),
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    # The last cell of a row may be a sentence; it runs on and widens no column.
    widths = [max((len(row[i]) for row in rows if any(row[i + 1 :])), default=0) for i in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _differences(comparison: Comparison) -> Iterator[str]:
    rows, which = settings(comparison)
    differing = [s for s in rows if s.differs and s.told]
    if differing:
        yield f"{which} configuration that differs:"
        for s in differing:
            yield f"  {s.key}: {_value(s.base)} → {_value(s.candidate)}"


def _value(value: str | None) -> str:
    return "not set" if value is None else one_line(value)


def _basis(comparison: Comparison, verdict: Verdict) -> str:
    blocks = words.count(len(comparison.kept_blocks), "block")
    return (
        f"{blocks} {of_starts(comparison)} in {comparison.elapsed_s:.0f} s; "
        f"chance of any false verdict at most {words.rate(verdict.family_error)}, at whatever block it ended"
        + (f"; it ended because {comparison.ended}" if comparison.ended else "")
        + (f" ({comparison.decided_s:.0f} s without the evidence)" if comparison.decided_s else "")
    )
