"""What is counted, not estimated: messages whose acknowledgement and whose place in the log disagree.

A block that counts for no estimate, since the host took its time away, counts here: what a broker lost is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model import SIDES, Comparison, Metric, MetricVerdict, Side, Slice, Word, Workload
from chronik_perf.stats import words
from chronik_perf.stats.gather import every_slice, name_of


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages promised and stored by one side; promised is what was acknowledged, or if acks=0 sent."""

    promised: int
    stored: int
    missing: int  # promised and not stored, summed over slices so that one cannot hide another's
    extra: int  # stored and not promised

    @property
    def total(self) -> int:
        """Messages that are not as they should be."""
        return self.missing + self.extra


def gap_of(slices: list[Slice], acks: int) -> Gap:
    """Count over slices what was promised and what is stored."""
    promised = [s.load.sent - s.load.failed if acks == 0 else s.load.acked for s in slices]
    off = [s.load.stored - p for s, p in zip(slices, promised, strict=True)]
    return Gap(
        sum(promised),
        sum(s.load.stored for s in slices),
        sum(-o for o in off if o < 0),
        sum(o for o in off if o > 0),
    )


def unstored_row(comparison: Comparison, metric: Metric, workload: Workload) -> MetricVerdict:
    """Judge the gap between acknowledged (acks=0: sent) and stored. One message on one side alone decides."""
    gaps = {side: gap_of(list(every_slice(comparison, side, workload.name)), workload.acks) for side in SIDES}
    per_block = tuple(
        (
            block.index,
            float(gap_of(list(block.base.gate_slices(workload.name)), workload.acks).total),
            float(gap_of(list(block.candidate.gate_slices(workload.name)), workload.acks).total),
        )
        for block in comparison.blocks
    )
    base, candidate = gaps["base"], gaps["candidate"]
    promise = "sent" if workload.acks == 0 else "acknowledged"
    word: Word | None
    why = ""
    if base.promised == 0 or candidate.promised == 0:
        word, sentence = None, f"Whether {promise} is stored was not judged."
        idle: Side = "base" if base.promised == 0 else "candidate"
        why = f"No message was {promise} with {name_of(comparison, idle)}."
    elif candidate.total and not base.total:
        word, sentence = (
            "regressed",
            f"{_gap_words(comparison, 'candidate', candidate, promise)}; base has no gap.",
        )
    elif base.total and not candidate.total:
        word, sentence = "improved", f"{_gap_words(comparison, 'base', base, promise)}; candidate has no gap."
    elif base.total:
        word = None
        sentence = (
            f"{_gap_words(comparison, 'base', base, promise)}, and "
            f"{_gap_words(comparison, 'candidate', candidate, promise)}."
        )
        why = "Both sides have a gap, so it does not tell them apart."
    else:
        both = base.promised + candidate.promised
        word, sentence = (
            "unchanged",
            f"All {words.number(both)} messages {promise} are stored, on both sides.",
        )
    return MetricVerdict(metric.name, workload.name, "watch", word, None, None, sentence, why, per_block)


def _gap_words(comparison: Comparison, side: Side, gap: Gap, promise: str) -> str:
    parts = []
    if gap.missing:
        parts.append(f"{gap.missing:,} of {gap.promised:,} messages {promise} are not stored")
    if gap.extra:
        parts.append(f"{words.count(gap.extra, 'message')} more than {promise} are stored")
    return f"{name_of(comparison, side)}: {' and '.join(parts)}"
