"""What an A/A of this machine lets one expect: which loss is detected in which time, said in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chronik_perf.experiment.checkup import Checkup, blocks_within
from chronik_perf.experiment.plan import DEFAULT_BUDGET
from chronik_perf.model import Comparison, Measured, Unavailable, metric
from chronik_perf.stats import Family, judge, words
from chronik_perf.stats.gather import on_scale_of, pairs_of
from chronik_perf.stats.planning.design import POWER
from chronik_perf.stats.planning.detectable import BlockNoise, Detectable, block_noise, detectable

MINUTES = (1, 5, 15)
_MAIN = ("throughput", "raw")
_ROWS = (_MAIN, ("cpu_per_message", "raw"), ("throughput", "acks1"))


@dataclass(frozen=True, slots=True)
class Within:
    """What a comparison of so many minutes detects."""

    minutes: int
    found: Detectable


@dataclass(frozen=True, slots=True)
class Row:
    """One metric of one load: its noise here, and what that lets one detect."""

    metric: str
    workload: str
    noise: BlockNoise | Unavailable
    within: tuple[Within, ...]


@dataclass(frozen=True, slots=True)
class Prognosis:
    """`sentence` is the main thing in one; `details` are the others, and what the A/A itself said.

    `block_s` is the median time of a block of both loads; `more_time` says what more time gains, empty if nothing.
    """

    sentence: str
    details: tuple[str, ...]
    more_time: str
    block_s: float
    blocks: int
    tests: int
    family_error: float
    rows: tuple[Row, ...]
    words: Mapping[str, str]


def prognoses(checkup: Checkup) -> Prognosis | Unavailable:
    """Work out what is detectable from an A/A. Unavailable if throughput on raw load gave no noise to go by."""
    comparison = checkup.comparison
    family = Family.of(comparison.design, comparison.workloads)
    counts = {m: blocks_within(comparison, checkup.block_seconds, 60.0 * m) for m in MINUTES}
    rows = tuple(_row(comparison, m, w, counts, family.one_way) for m, w in _ROWS)
    main = rows[0]
    if isinstance(main.noise, Unavailable):
        return Unavailable(main.noise.reason)
    verdict = judge(comparison, evidence=False)
    said = {f"{r.metric}@{r.workload}": r.word for r in verdict.rows if r.role != "evidence" and r.word}
    promise = f"error {words.rate(comparison.design.family_error)} over {family.tests} tests, power {POWER * 100:.0f} %"
    return Prognosis(
        sentence=_sentence(main, main.noise, promise),
        details=tuple(_details(rows, comparison, checkup, said, counts)),
        more_time=_more_time(main),
        block_s=float(np.median(checkup.block_seconds)),
        blocks=len(comparison.kept_blocks),
        tests=family.tests,
        family_error=comparison.design.family_error,
        rows=rows,
        words=dict(said),
    )


def _row(comparison: Comparison, name: str, load: str, counts: dict[int, int], one_way: float) -> Row:
    of = metric(name)
    noise = block_noise(*on_scale_of(of, pairs_of(comparison, of, load)))
    if isinstance(noise, Unavailable):
        return Row(name, load, noise, ())
    found = tuple(Within(m, detectable(noise, counts[m], one_way, of)) for m in MINUTES)
    return Row(name, load, noise, found)


def _sentence(row: Row, noise: BlockNoise, promise: str) -> str:
    parts = [
        f"{_share(w.found.loss)} in {_minutes(w.minutes)} (X = {_share(w.found.threshold)})"
        for w in row.within
        if not isinstance(w.found.loss, Unavailable)
    ]
    title = f"{metric(row.metric).title} on {row.workload} load"
    seen = f"at the block SD seen of {_share(noise.pair_sd)}, {promise}"
    if not parts:
        return f"Here no regression in {title} can be detected within {_minutes(MINUTES[-1])} ({seen})."
    return f"Here a regression in {title} can be detected that is {_listed(parts)}; {seen}."


def _details(
    rows: tuple[Row, ...],
    comparison: Comparison,
    checkup: Checkup,
    said: Mapping[str, str],
    counts: dict[int, int],
) -> list[str]:
    lines = []
    for row in rows:
        name = metric(row.metric).title
        title = f"{name[0].upper()}{name[1:]} on {row.workload} load"
        if isinstance(row.noise, Unavailable):
            lines.append(f"{title}: unavailable, {row.noise.reason}.")
            continue
        n = row.noise
        own = metric(row.metric).threshold
        at = ", ".join(f"{_share(w.found.at_default)} in {_minutes(w.minutes)}" for w in row.within)
        lines.append(
            f"{title}: block SD {_share(n.pair_sd)} (95 % interval {_share(n.low_sd)} to {_share(n.high_sd)}, "
            f"{n.blocks} blocks); at the default X of {own * 100:.0f} % detected: {at}."
        )
    lines.append(
        f"A block of both loads takes {np.median(checkup.block_seconds):.1f} s, so "
        + ", ".join(f"{n} fit into {_minutes(m)}" for m, n in counts.items())
        + (
            f" (beyond {DEFAULT_BUDGET.blocks} with --blocks)."
            if max(counts.values()) > DEFAULT_BUDGET.blocks
            else "."
        )
    )
    wrong = [name for name, word in said.items() if word in ("regressed", "improved")]
    base = comparison.base.name
    if wrong:
        lines.append(
            f"{base} against itself was called different in {', '.join(wrong)}: a false alarm, which on this machine "
            "something that hangs on the order of starts may have caused."
        )
    else:
        lines.append(f"{base} against itself raised no alarm.")
    return lines


def _more_time(row: Row) -> str:
    found = [w for w in row.within if not isinstance(w.found.loss, Unavailable)]
    if len(found) < 2:
        return f"give comparisons more time: --budget {MINUTES[-1]}m"
    short, long = found[0], found[-1]
    return (
        f"give comparisons more time: {_minutes(long.minutes)} detect {_share(long.found.loss)} "
        f"where {_minutes(short.minutes)} detect {_share(short.found.loss)}"
    )


def _share(value: Measured) -> str:
    if isinstance(value, Unavailable):
        return "nothing"
    return f"{value * 100:.2g} %" if value < 0.995 else f"{value * 100:.0f} %"


def _minutes(minutes: int) -> str:
    return f"{minutes} minute{'s' if minutes > 1 else ''}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
