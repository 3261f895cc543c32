"""The verdict: the one source of significance for words, tables, sort order, pictures and exit codes."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import (
    NEVER_ACCEPTED,
    Comparison,
    Metric,
    MetricVerdict,
    Outcome,
    Role,
    Verdict,
    Workload,
    judged,
)
from chronik_perf.stats import words
from chronik_perf.stats.accounts.held import held_findings
from chronik_perf.stats.counted.early_acks import early_acks_row
from chronik_perf.stats.counted.exact import unstored_row
from chronik_perf.stats.drift.findings import slope_findings, unseen_drifts
from chronik_perf.stats.gather import pairs_of
from chronik_perf.stats.load import SATURABLE, little, saturated, saturation_words
from chronik_perf.stats.modes.findings import mode_findings
from chronik_perf.stats.own.shown import own_metrics
from chronik_perf.stats.planning.family import EXACT, Family, threshold_of
from chronik_perf.stats.probes.changes import probe_findings
from chronik_perf.stats.verdict.findings import findings
from chronik_perf.stats.verdict.rows import evidence_row, statistical_row
from chronik_perf.stats.verdict.symmetry import favoured_places
from chronik_perf.stats.verdict.tail import tail_row

_WORD_ORDER = {"regressed": 0, "improved": 1, "inconclusive": 2, "unchanged": 3, None: 4}
_ROLE_ORDER = {"gate": 0, "watch": 1, "evidence": 2}


def judge(comparison: Comparison, *, evidence: bool = True) -> Verdict:
    """Judge every metric of every workload; without `evidence` only what gets a word, which a look needs.

    Rows come gates first, then watches, then evidence; within a role regressed, improved, open, unchanged.
    The outcome is "regression" if any gate or watch regressed that the design does not accept, else "inconclusive" if
    any gate is open, else "none". A run that has no gate at all (acks=0 alone) must decide its throughput instead:
    nothing proved is not "none". What is read from a broker's process is evidence where one side ran already.

    Raises BadInput for a threshold or an error rate that makes no sense.
    """
    family = Family.of(comparison.design, comparison.workloads)
    asked = [(m, w, _role(comparison, m, r)) for m, w, r in judged(comparison.workloads)]
    rows = [_row(comparison, m, w, r, family) for m, w, r in asked if evidence or r != "evidence"]
    rows += _own_rows(comparison, family) if evidence else []
    rows = [_accepted(comparison, row) for row in _related(comparison, rows)]
    rows.sort(key=lambda row: (_ROLE_ORDER[row.role], _WORD_ORDER[row.word]))
    outcome = _outcome(rows)
    # A look, which comes after each block, decides nothing by these.
    found, caveats = (_found(comparison), _caveats(comparison)) if evidence else ((), ())
    return Verdict(
        outcome=outcome,
        headline=_headline(comparison, rows, outcome) + _beside(found),
        rows=tuple(rows),
        family_error=comparison.design.family_error,
        found=found,
        caveats=caveats,
    )


def _own_rows(comparison: Comparison, family: Family) -> list[MetricVerdict]:
    return [
        evidence_row(metric, workload, pairs_of(comparison, metric, workload.name), family)
        for metric in own_metrics(comparison)
        for workload in comparison.workloads
    ]


def _role(comparison: Comparison, metric: Metric, role: Role) -> Role:
    """Let nothing hang on a process that could never be looked into; its share of the error is left unspent."""
    found = comparison.base.runs_already or comparison.candidate.runs_already
    return "evidence" if metric.of_process and found else role


def _found(comparison: Comparison) -> tuple[str, ...]:
    return (
        *mode_findings(comparison),
        *slope_findings(comparison),
        *held_findings(comparison),
        *probe_findings(comparison),
    )


def _caveats(comparison: Comparison) -> tuple[str, ...]:
    return (*findings(comparison), *favoured_places(comparison), *unseen_drifts(comparison))


def _beside(found: tuple[str, ...]) -> str:
    if not found:
        return ""
    return (
        f" Beside the gates there {'is' if len(found) == 1 else 'are'} {words.count(len(found), 'finding')}."
    )


def _row(
    comparison: Comparison, metric: Metric, workload: Workload, role: Role, family: Family
) -> MetricVerdict:
    if metric.name in EXACT:
        of = unstored_row if metric.name == "unstored" else early_acks_row
        return of(comparison, metric, workload)
    if role == "evidence":
        return evidence_row(metric, workload, pairs_of(comparison, metric, workload.name), family)
    threshold = threshold_of(metric, workload, comparison.design)
    if metric.min_commits_beyond:
        row = tail_row(comparison, metric, workload, threshold, family)
    else:
        pairs = pairs_of(comparison, metric, workload.name)
        row = statistical_row(metric, workload, role, threshold, pairs, family)
    if metric.name in SATURABLE and row.word == "unchanged":
        return _unless_saturated(comparison, workload, row)
    return row


def _unless_saturated(comparison: Comparison, workload: Workload, row: MetricVerdict) -> MetricVerdict:
    sides = saturated(comparison, workload.name)
    if not sides:
        return row
    return replace(
        row,
        word="inconclusive",
        sentence=row.sentence.replace(" is unchanged within ", " looks unchanged within "),
        why=f"{saturation_words(comparison, workload, sides)}.",
    )


def _related(comparison: Comparison, rows: list[MetricVerdict]) -> list[MetricVerdict]:
    """Say of evidence that follows from throughput that it does."""
    by_key = {(r.metric, r.workload): r for r in rows}
    return [_related_row(comparison, row, by_key.get(("throughput", row.workload))) for row in rows]


def _related_row(
    comparison: Comparison, row: MetricVerdict, throughput: MetricVerdict | None
) -> MetricVerdict:
    effect = row.effect
    if row.role != "evidence" or effect is None or throughput is None or throughput.effect is None:
        return row
    said = ""
    if row.metric == "cpu_per_message" and throughput.significant:
        said = (
            "Throughput differs by more than its threshold, and with it the size of librdkafka's batches: "
            "this is a consequence."
        )
    elif row.metric == "p50":
        said = little(comparison, comparison.workload(row.workload), throughput.effect, effect)
    return replace(row, sentence=f"{row.sentence} {said}".rstrip())


def _accepted(comparison: Comparison, row: MetricVerdict) -> MetricVerdict:
    """Mark a regression that was accepted beforehand; lost messages cannot be."""
    accepted = comparison.design.accepted
    reason = accepted.get(f"{row.metric}@{row.workload}", accepted.get(row.metric, ""))
    if row.word != "regressed" or not reason or row.metric in NEVER_ACCEPTED:
        return row
    return replace(row, accepted=reason, why=f"Accepted: {reason.rstrip('.')}. {row.why}".rstrip())


def _outcome(rows: list[MetricVerdict]) -> Outcome:
    if any(r.counts for r in rows):
        return "regression"
    return "none" if _must_decide(rows) and not _open(rows) else "inconclusive"


def _must_decide(rows: list[MetricVerdict]) -> list[MetricVerdict]:
    return [r for r in rows if r.role == "gate"] or [r for r in rows if r.metric == "throughput"]


def _open(rows: list[MetricVerdict]) -> list[MetricVerdict]:
    return [r for r in _must_decide(rows) if r.word not in ("improved", "unchanged", "regressed")]


def _headline(comparison: Comparison, rows: list[MetricVerdict], outcome: Outcome) -> str:
    said = "".join(
        f" Accepted ({r.accepted.rstrip('.')}): with {comparison.workload(r.workload).title}, "
        f"{words.inside(r.sentence)}."
        for r in rows
        if r.accepted
    )
    return _told(comparison, rows, outcome) + said


def _told(comparison: Comparison, rows: list[MetricVerdict], outcome: Outcome) -> str:
    base, candidate = comparison.base.name, comparison.candidate.name

    def told(row: MetricVerdict) -> str:
        title = comparison.workload(row.workload).title
        return f"with {title}, {words.inside(row.sentence)}"

    worse = [r for r in rows if r.counts]
    better = [r for r in rows if r.word == "improved"]
    if outcome == "regression":
        more = f" ({_others(len(worse) - 1, 'regressed')})" if len(worse) > 1 else ""
        return f"{candidate} regressed against {base}: {told(worse[0])}{more}."
    if outcome == "inconclusive":
        undecided = _open(rows)
        if not undecided:
            return f"Inconclusive: nothing of {candidate} against {base} was judged."
        first = undecided[0]
        more = f" ({_others(len(undecided) - 1, 'open')})" if len(undecided) > 1 else ""
        reason = f": {first.why.rstrip('.')}" if first.effect is None or "generator" in first.why else ""
        return f"Inconclusive, {candidate} against {base}: {told(first)}{reason}{more}."
    none = "No regression but what was accepted" if any(r.accepted for r in rows) else "No regression"
    if better:
        more = f" ({_others(len(better) - 1, 'improved')})" if len(better) > 1 else ""
        return f"{none}, and {candidate} improved on {base}: {told(better[0])}{more}."
    decided = [r for r in _must_decide(rows) if not r.accepted]
    rest = f": {told(decided[0])}" if decided else ""
    return f"{none} of {candidate} against {base}{rest}."


def _others(n: int, what: str) -> str:
    return f"{words.count(n, 'more row')} {what}"
