"""One statistical row of the verdict: effect, word, its sentence, and what an open one would take."""

from __future__ import annotations

import math

import numpy as np

from chronik_perf.model import Effect, Metric, MetricVerdict, Role, Unavailable, Word, Workload
from chronik_perf.stats import words
from chronik_perf.stats.betting.interval import WIDEST_LOG, decide, on_test_scale, paired_effect
from chronik_perf.stats.gather import Pairs, on_scale_of
from chronik_perf.stats.planning.family import Family, margin_of
from chronik_perf.stats.planning.forecast import HORIZON, forecast


def statistical_row(
    metric: Metric, workload: Workload, role: Role, threshold: float, pairs: Pairs, family: Family
) -> MetricVerdict:
    """Judge a gate or a watch from its pairs. Without an effect the word is None and `why` says so."""
    margin = margin_of(metric, threshold)
    effect = paired_effect(metric.scale, pairs.values, family.error, margin, pairs.base_first, pairs.typical)
    if isinstance(effect, Unavailable):
        return no_effect(metric, workload, role, threshold, pairs, effect.reason)
    word = decide(effect, metric, margin)
    why = (
        what_it_takes(effect, metric, margin, pairs, family)
        if word == "inconclusive"
        else _by_typical_slices(word, metric, margin, pairs, family)
    )
    return MetricVerdict(
        metric=metric.name,
        workload=workload.name,
        role=role,
        word=word,
        threshold=threshold,
        effect=effect,
        sentence=sentence_of(word, effect, metric, threshold),
        why=_joined(why, _fewer_blocks(pairs)),
        per_block=pairs.per_block,
    )


def _by_typical_slices(word: Word, metric: Metric, margin: float, pairs: Pairs, family: Family) -> str:
    """Say so where a move is proven only with the help of the typical slices, and what all of them would have said."""
    if word == "unchanged" or pairs.typical is None:
        return ""
    alone = paired_effect(metric.scale, pairs.values, family.error, margin, pairs.base_first)
    if isinstance(alone, Unavailable) or decide(alone, metric, margin) == word:
        return ""
    return (
        "Proven with the help of what a block's pairs of slices tell: how far they differ, and their middle half, "
        "which a neighbour that slows a few of them hardly moves; by all slices together alone it would be "
        f"{words.signed_change(alone, metric.unit)}."
    )


def evidence_row(metric: Metric, workload: Workload, pairs: Pairs, family: Family) -> MetricVerdict:
    """Describe a metric that decides nothing: effect and interval, never a word."""
    effect = paired_effect(metric.scale, pairs.values, family.evidence_error, base_first=pairs.base_first)
    if isinstance(effect, Unavailable):
        return no_effect(metric, workload, "evidence", None, pairs, effect.reason)
    sentence = (
        f"{words.capital(metric.title)}: {words.signed_change(effect, metric.unit)}, "
        f"{words.from_to(effect, metric.unit)}."
    )
    return MetricVerdict(
        metric.name,
        workload.name,
        "evidence",
        None,
        None,
        effect,
        sentence,
        _fewer_blocks(pairs),
        pairs.per_block,
    )


def no_effect(
    metric: Metric, workload: Workload, role: Role, threshold: float | None, pairs: Pairs, reason: str
) -> MetricVerdict:
    """Say why there is no effect; what the blocks lack, where they lack something, says it best."""
    why = pairs.missing[0] if pairs.missing and len(pairs.per_block) < 2 else reason
    if len(pairs.missing) > 1 and why == pairs.missing[0]:
        why = f"{why} (and {len(pairs.missing) - 1} more of the kind)"
    return MetricVerdict(
        metric=metric.name,
        workload=workload.name,
        role=role,
        word=None,
        threshold=threshold,
        effect=None,
        sentence=f"{words.capital(metric.title)} was not judged."
        if role != "evidence"
        else f"{words.capital(metric.title)} is not available.",
        why=f"{words.capital(why)}.",
        per_block=pairs.per_block,
    )


def sentence_of(word: Word, effect: Effect, metric: Metric, threshold: float) -> str:
    """Say a decided or an open row to a person."""
    title, x = words.capital(metric.title), words.threshold_words(metric, threshold)
    change = words.signed_change(effect, metric.unit)
    if word in ("regressed", "improved"):
        return f"{title} {words.moved(effect, metric.unit)}, {words.from_to(effect, metric.unit)}."
    if word == "unchanged":
        if effect.told_from_noise:
            return f"{title}: a real {change}, below your threshold of {x}."
        return f"{title} is unchanged within ±{x}: {change}."
    return f"{title} cannot be told: {change}, at a threshold of {x}."


def what_it_takes(effect: Effect, metric: Metric, margin: float, pairs: Pairs, family: Family) -> str:
    """Say what would decide an open row: how many blocks, and what this many could have seen."""
    sd, seen = _spread(effect, metric), _smallest_seen(effect, metric, margin)
    blocks = forecast(
        *on_scale_of(metric, pairs),
        margin,
        family.one_way,
        base_first=np.asarray(pairs.base_first, dtype=bool),
        typical=pairs.typical,
    ).decided_at
    if blocks is None:
        take = (
            f"At the block SD seen ({sd}) more than {HORIZON:,} blocks would be needed: the effect lies "
            "on the threshold, or the machine is too noisy; make it quieter or choose another threshold"
        )
    else:
        more = max(1, blocks - effect.blocks)
        take = (
            f"At the block SD seen ({sd}) about {words.count(effect.blocks + more, 'block')} would decide it, "
            f"{more:,} more than there are (--resume adds them)"
        )
    return f"{take}; {seen}."


def _spread(effect: Effect, metric: Metric) -> str:
    if effect.scale == "difference":
        return words.quantity(effect.block_sd, metric.unit)
    return (
        f"{effect.block_sd * 100:.2g} %" if effect.block_sd < 1 else f"{effect.block_sd:.2g} of a log ratio"
    )


def _smallest_seen(effect: Effect, metric: Metric, margin: float) -> str:
    """Say the smallest worsening that an interval of this width would have put beyond the threshold."""
    low, _, high = on_test_scale(effect)
    least = margin + (high - low) / 2
    blocks = words.count(effect.blocks, "block")
    if not math.isfinite(least) or (effect.scale == "ratio" and least >= WIDEST_LOG):
        return f"{blocks} are too few to call anything a regression"
    verb = "a fall" if metric.better == "higher" else "a rise"
    if effect.scale == "difference":
        size = f"{verb} of more than {words.quantity(least, metric.unit)}"
    elif metric.better == "higher":
        size = f"{verb} of more than {-math.expm1(-least) * 100:.3g} %"
    elif least < 1:
        size = f"{verb} of more than {math.expm1(least) * 100:.3g} %"
    else:
        size = f"a rise more than {words.number(math.exp(min(least, 50)))}-fold"
    return f"with {blocks} only {size} could be called a regression"


def _fewer_blocks(pairs: Pairs) -> str:
    told = []
    if pairs.missing:
        without = words.count(len(pairs.missing), "such value")
        told.append(f"{words.capital(pairs.missing[0])}; judged without {without}.")
    if pairs.dropped:
        told.append(
            f"Answered before block {pairs.dropped[0]}, this workload was not measured in the last "
            f"{words.count(len(pairs.dropped), 'block')}."
        )
    return " ".join(told)


def _joined(*parts: str) -> str:
    return " ".join(p for p in parts if p)
