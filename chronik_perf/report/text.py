"""The verdict as text for a terminal: headline, what was decided, what was counted, what explains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chronik_perf.model import SIDES, Comparison, MetricVerdict, Verdict, metric
from chronik_perf.report.explain import explanations
from chronik_perf.stats import words


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the whole text, without a final newline."""
    return "\n".join(_lines(comparison, verdict))


def _lines(comparison: Comparison, verdict: Verdict) -> Iterator[str]:
    yield verdict.headline
    for workload in comparison.workloads:
        yield ""
        yield f"{workload.name}: {workload.describe()}"
        rows = [r for r in verdict.rows if r.workload == workload.name]
        yield from _table([_cells(row) for row in rows if row.role != "evidence"])
        for row in rows:
            if row.role != "evidence" and row.why and row.word != "unchanged":
                yield f"    {row.metric}: {row.why}"
        yield from _counted(comparison, workload.name)
        yield from (f"  {sentence}" for sentence in explanations(comparison, verdict, workload.name))
    if verdict.findings:
        yield ""
        yield from (f"finding: {finding}" for finding in verdict.findings)
    yield ""
    blocks = words.count(len(comparison.kept_blocks), "block")
    look = f", look {verdict.look}" if verdict.look > 1 else ""
    yield (
        f"{blocks} of fresh starts{look} in {comparison.elapsed_s:.0f} s; "
        f"chance of any false verdict at most {verdict.family_error:.0%}"
    )


def _cells(row: MetricVerdict) -> tuple[str, ...]:
    declared = metric(row.metric)
    word = row.word or "not judged"
    if row.effect is None:
        return (f"  {word}", row.role, declared.title, row.sentence if row.metric == "unstored" else "", "")
    threshold = words.threshold_words(declared, row.threshold or 0.0)
    return (
        f"  {word}",
        row.role,
        declared.title,
        words.signed_change(row.effect, declared.unit),
        f"{words.from_to(row.effect, declared.unit)}, threshold {threshold}",
    )


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _counted(comparison: Comparison, workload: str) -> Iterator[str]:
    parts = []
    for side in SIDES:
        slices = [s for b in comparison.kept_blocks for s in b.side(side).gate_slices(workload)]
        if slices:
            sent, acked, stored = (
                sum(getattr(s.load, k) for s in slices) for k in ("sent", "acked", "stored")
            )
            parts.append(f"{side} {sent:,} sent, {acked:,} acknowledged, {stored:,} stored")
    if parts:
        yield f"  counted: {'; '.join(parts)}"
