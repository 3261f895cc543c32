"""The p99 watch: messages of one commit wait together, so it is commits that a percentile needs beyond it.

With `metric.min_commits_beyond` (30) commits beyond p99 on both sides, summed over the kept blocks, p99 is
judged as any other metric. A side that is too slow to make so many commits lends instead the highest
percentile that does have 30 beyond it. That percentile is a lower bound of the side's p99, so it can prove
one thing only: that a candidate's p99 is worse than a well-measured base's (regressed), or that a base's was
worse than a well-measured candidate's (improved). It never proves sameness, nor the other direction. With
neither side well measured, or where the broker does not count its commits, p99 is not judged.
"""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import Comparison, Latency, Metric, MetricVerdict, Side, Unavailable, Word, Workload
from chronik_perf.stats import words
from chronik_perf.stats.betting.interval import decide, paired_effect
from chronik_perf.stats.gather import PerBlock, base_first, name_of, pairs_of, telemetry_total
from chronik_perf.stats.planning.family import Family, margin_of
from chronik_perf.stats.verdict.rows import no_effect, statistical_row

PERCENTILE = 99.0
# Below the median a bound is still sound, but compares a side's luck with the other's tail: it says nothing.
LOWEST_STAND_IN = 50.0


def tail_row(
    comparison: Comparison, metric: Metric, workload: Workload, threshold: float, family: Family
) -> MetricVerdict:
    """Judge p99 as a watch."""
    pairs = pairs_of(comparison, metric, workload.name)
    row = statistical_row(metric, workload, "watch", threshold, pairs, family)
    if row.effect is None:
        return row
    commits = {s: telemetry_total(comparison, s, workload.name, "commits") for s in ("base", "candidate")}
    base, candidate = commits["base"], commits["candidate"]
    if base is None or candidate is None:
        side: Side = "base" if base is None else "candidate"
        why = (
            "how many commits (of the log, each for all batches that wait for it) lie beyond p99 is unknown, since "
            f"{name_of(comparison, side)} does not count its own in its metrics; messages of one commit are no "
            "independent samples"
        )
        return replace(no_effect(metric, workload, "watch", threshold, pairs, why), effect=row.effect)
    needed = metric.min_commits_beyond / (1 - PERCENTILE / 100)
    # A hair of slack, so that 3,000 commits do not fail at rounding.
    short: list[Side] = []
    if base < needed * (1 - 1e-9):
        short.append("base")
    if candidate < needed * (1 - 1e-9):
        short.append("candidate")
    if not short:
        return row
    if len(short) == 1:
        bounded = _by_bound(
            comparison, metric, workload, threshold, family, short[0], commits[short[0]] or 0.0
        )
        if bounded is not None:
            return bounded
    counted = " and ".join(f"{name_of(comparison, s)} made {words.number(commits[s] or 0.0)}" for s in short)
    why = (
        f"{counted} commits in all, and p99 needs {words.number(needed)} "
        f"({metric.min_commits_beyond} beyond it); more blocks bring more"
    )
    return replace(no_effect(metric, workload, "watch", threshold, pairs, why), effect=row.effect)


def _by_bound(
    comparison: Comparison,
    metric: Metric,
    workload: Workload,
    threshold: float,
    family: Family,
    short: Side,
    commits: float,
) -> MetricVerdict | None:
    """Judge by the stand-in of the short side; None if it proves nothing."""
    supported = 100 * (1 - metric.min_commits_beyond / commits) if commits > 0 else 0.0
    found = _stand_ins(comparison, metric, workload.name, short, supported)
    if found is None:
        return None
    percentile, per_block = found
    margin = margin_of(metric, threshold)
    first = base_first(comparison)
    effect = paired_effect(
        metric.scale,
        [(b, c) for _, b, c in per_block],
        family.error,
        margin,
        [first[index] for index, _, _ in per_block],
    )
    provable: Word = "regressed" if short == "candidate" else "improved"
    if isinstance(effect, Unavailable) or decide(effect, metric, margin) != provable:
        return None
    slow, p = name_of(comparison, short), f"p{percentile:g}"
    base_p, candidate_p = (p, "p99") if short == "base" else ("p99", p)
    sentence = (
        f"p99 {words.moved(effect, metric.unit)} at least, from {words.number(effect.base)} ({base_p}) to "
        f"{words.quantity(effect.candidate, metric.unit)} ({candidate_p})."
    )
    why = (
        f"{slow} made only {words.number(commits)} commits, too few for p99; its {p}, the highest percentile "
        f"with {metric.min_commits_beyond} commits beyond it, stands in as a lower bound."
    )
    return MetricVerdict(
        metric.name,
        workload.name,
        "watch",
        provable,
        threshold,
        effect,
        sentence,
        words.capital(why),
        per_block,
    )


def _stand_ins(
    comparison: Comparison, metric: Metric, workload: str, short: Side, supported: float
) -> tuple[float, PerBlock] | None:
    """Give the highest percentile up to `supported` that every block of the short side lists, and the
    pairs."""
    blocks = [
        b for b in comparison.kept_blocks if workload in b.base.latency and workload in b.candidate.latency
    ]
    listed = [_listed(b.side(short).latency[workload]) for b in blocks]
    common = set.intersection(*(set(x) for x in listed)) if listed else set()
    usable = [p for p in common if LOWEST_STAND_IN <= p <= supported]
    if not usable:
        return None
    percentile = max(usable)
    rows: list[tuple[int, float, float]] = []
    for block, values in zip(blocks, listed, strict=True):
        p99 = metric.take(block.base if short == "candidate" else block.candidate, workload)
        if isinstance(p99, Unavailable):
            return None
        stand_in = values[percentile]
        pair = (p99, stand_in) if short == "candidate" else (stand_in, p99)
        rows.append((block.index, *pair))
    return percentile, tuple(rows)


def _listed(latency: Latency) -> dict[float, float]:
    return {50.0: latency.p50_ms, **dict(latency.percentiles)}
