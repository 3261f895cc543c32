"""One statistical row of the verdict: effect, word, its sentence, and what an open one would take."""

from __future__ import annotations

import math

from chronik_perf.model import Effect, Metric, MetricVerdict, Role, Unavailable, Word, Workload
from chronik_perf.stats import words
from chronik_perf.stats.family import Family, margin_of
from chronik_perf.stats.gather import Pairs
from chronik_perf.stats.interval import (
    MOST_BLOCKS,
    blocks_to_decide,
    decide,
    half_width,
    paired_effect,
)


def statistical_row(
    metric: Metric, workload: Workload, role: Role, threshold: float, pairs: Pairs, family: Family
) -> MetricVerdict:
    """Judge a gate or a watch from its pairs. Without an effect the word is None and `why` says so."""
    effect = paired_effect(metric.scale, pairs.values, family.alpha)
    if isinstance(effect, Unavailable):
        return no_effect(metric, workload, role, threshold, pairs, effect.reason)
    margin = margin_of(metric, threshold)
    word = decide(effect, metric, margin)
    why = what_it_takes(effect, metric, margin, family) if word == "inconclusive" else ""
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


def evidence_row(metric: Metric, workload: Workload, pairs: Pairs, family: Family) -> MetricVerdict:
    """Describe a metric that decides nothing: effect and interval, never a word."""
    effect = paired_effect(metric.scale, pairs.values, family.alpha)
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
        if effect.low > 0 or effect.high < 0:
            return f"{title}: a real {change}, below your threshold of {x}."
        return f"{title} is unchanged within ±{x}: {change}."
    return f"{title} cannot be told: {change}, at a threshold of {x}."


def what_it_takes(effect: Effect, metric: Metric, margin: float, family: Family) -> str:
    """Say what would decide an open row: how many blocks, and what this many could have seen."""
    sd, seen = _spread(effect, metric), _smallest_seen(effect, metric, margin, family)
    blocks = blocks_to_decide(effect, margin, family.next_alpha)
    if blocks is None:
        take = (
            f"At the block SD seen ({sd}) more than {MOST_BLOCKS:,} blocks would be needed: the effect lies "
            "on the threshold, or the machine is too noisy; make it quieter or choose another threshold"
        )
    else:
        more = blocks - effect.blocks
        take = (
            f"At the block SD seen ({sd}) about {words.count(blocks, 'block')} would decide it, "
            f"{more:,} more than there are (--resume adds them)"
        )
    return f"{take}; with {words.count(effect.blocks, 'block')} only {seen} could be called a regression."


def _spread(effect: Effect, metric: Metric) -> str:
    if effect.scale == "difference":
        return words.quantity(effect.block_sd, metric.unit)
    return (
        f"{effect.block_sd * 100:.2g} %" if effect.block_sd < 1 else f"{effect.block_sd:.2g} of a log ratio"
    )


def _smallest_seen(effect: Effect, metric: Metric, margin: float, family: Family) -> str:
    """Give the smallest worsening that the interval at this width would have put beyond the threshold."""
    least = margin + half_width(effect.blocks, effect.block_sd, family.alpha)
    verb = "a fall" if metric.better == "higher" else "a rise"
    if effect.scale == "difference":
        return f"{verb} of more than {words.quantity(least, metric.unit)}"
    if metric.better == "higher":
        return f"{verb} of more than {-math.expm1(-least) * 100:.3g} %"
    return (
        f"{verb} of more than {math.expm1(least) * 100:.3g} %"
        if least < 1
        else f"a rise more than {words.number(math.exp(min(least, 50)))}-fold"
    )


def _fewer_blocks(pairs: Pairs) -> str:
    if not pairs.missing:
        return ""
    return (
        f"{words.capital(pairs.missing[0])}; judged without {words.count(len(pairs.missing), 'such value')}."
    )


def _joined(*parts: str) -> str:
    return " ".join(p for p in parts if p)
