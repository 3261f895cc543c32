"""When a comparison may stop: as soon as more blocks would not change its outcome, or could not decide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chronik_perf.model import Comparison, MetricVerdict, Verdict, metric
from chronik_perf.stats.betting.bets import Booleans, Floats
from chronik_perf.stats.betting.interval import on_test_scale
from chronik_perf.stats.betting.sequential import words_at_each_look
from chronik_perf.stats.betting.typical import Typical
from chronik_perf.stats.gather import base_first, pairs_of
from chronik_perf.stats.load import SATURABLE, saturated
from chronik_perf.stats.modes.slow_starts import could_have_modes, may_prove_modes
from chronik_perf.stats.planning.design import least_blocks
from chronik_perf.stats.planning.family import Family, margin_of
from chronik_perf.stats.planning.forecast import Forecast, forecast

# A regression is safe at once; so many blocks more may narrow its interval, and decide gates that are near to it.
FINISHING = 3
# Who did not ask for speed wants to know of the other rows, too: after so many blocks the paired bets have their say.
WHOLE_PICTURE = 12
WIDE = 0.25  # of the effect itself, from one end to the other, on the scale of the test
LIKELY, HOPELESS = 0.5, 0.02
PATIENCE = 4  # blocks more than the least, before a comparison may be called hopeless


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether to stop, and the sentence that says why; empty while it goes on."""

    stop: bool
    reason: str = ""


def standing(comparison: Comparison, verdict: Verdict, more: int, at_most: int = 0) -> Standing:
    """Look at a verdict after a block, when `more` blocks are still affordable.

    `at_most` are those that would be if evidence had less time: they are taken where they are likely to prove that a
    gate got worse or that starts are slow more often, without which there is little to explain. Otherwise evidence
    alone may tell what got worse.

    Stopping early never adds to the error, since the bets hold at every look. Futility is not binding: whoever adds
    blocks all the same keeps the error too.
    """
    family = Family.of(comparison.design, comparison.workloads)
    gates = [r for r in verdict.rows if r.role == "gate"] or [
        r for r in verdict.rows if r.metric == "throughput"
    ]
    undecided = [r for r in gates if r.word == "inconclusive"]
    worse = [r for r in verdict.rows if r.counts]
    if worse:
        left = min(FINISHING - max(_looks_since(comparison, r, family) for r in worse), more)
        if more > 0 and not comparison.design.quick and len(comparison.kept_blocks) < WHOLE_PICTURE:
            return Standing(False)
        near = (
            any(_ahead(comparison, r, family, left).by_horizon >= LIKELY for r in undecided)
            if left > 0
            else False
        )
        if left > 0 and (near or _is_wide(worse[0])):
            return Standing(False)
        return Standing(True, "a regression is proven, and more blocks would not take it back")
    watched = [r for r in verdict.rows if r.role == "watch" and r.word == "inconclusive" and r.per_block]
    if gates and all(r.word in ("improved", "unchanged") or r.accepted for r in gates):
        if more > 0 and any(_worse(r, _ahead(comparison, r, family, more)) >= LIKELY for r in watched):
            return Standing(False)
        return Standing(True, "every gate is decided")
    ending = more <= FINISHING and more < at_most
    if ending and any(_worse(r, _ahead(comparison, r, family, at_most)) >= LIKELY for r in undecided):
        return Standing(False)
    if ending and may_prove_modes(comparison, at_most):
        return Standing(False)
    if more <= 0:
        return Standing(True, "the budget is spent")
    return _futile(comparison, family, undecided, watched, more)


def _futile(
    comparison: Comparison,
    family: Family,
    undecided: list[MetricVerdict],
    watched: list[MetricVerdict],
    more: int,
) -> Standing:
    """Stop where drawing on the blocks there are, no future within the budget decides a gate or raises an alarm."""
    # Blocks speak for the future only when there are enough of them, the first short ones aside.
    seen = max((len(r.per_block) for r in (*undecided, *watched)), default=0)
    if seen < least_blocks(family.one_way) + PATIENCE:
        return Standing(False)
    ahead = {id(r): _ahead(comparison, r, family, more) for r in (*undecided, *watched)}
    if any(_worse(r, ahead[id(r)]) > HOPELESS for r in (*undecided, *watched)):
        return Standing(False)
    if not undecided:
        return Standing(True, "a gate could not be measured")
    lost = [r for r in undecided if _decided(comparison, r, ahead[id(r)]) <= HOPELESS]
    # A mean that jumps between modes is decided by no budget; how often each comes may be.
    if not lost or could_have_modes(comparison):
        return Standing(False)
    return Standing(True, f"{metric(lost[0].metric).title} could not be decided within the budget")


def _looks_since(comparison: Comparison, row: MetricVerdict, family: Family) -> int:
    """Give how many blocks ago a regression was proven; FINISHING for one that was counted and not tested."""
    if row.effect is None or not row.per_block:
        return FINISHING
    base, candidate, margin, order, typical = _on_scale(comparison, row)
    words = words_at_each_look(base, candidate, margin, family.error, order, typical)
    return sum(word != "open" for word in words) - 1 if words[-1] != "open" else 0


def _is_wide(row: MetricVerdict) -> bool:
    if row.effect is None:
        return False
    low, mid, high = on_test_scale(row.effect)
    return high - low > WIDE * abs(mid)


def _on_scale(
    comparison: Comparison, row: MetricVerdict
) -> tuple[Floats, Floats, float, Booleans | None, Typical | None]:
    of = metric(row.metric)
    values = np.asarray([(b, c) for _, b, c in row.per_block], dtype=float)
    if of.scale == "ratio":
        values = np.log(values)
    first = base_first(comparison)
    indexes = [index for index, _, _ in row.per_block]
    # Rows that were drawn rather than measured belong to no start whose place could be looked up.
    known = all(index in first for index in indexes)
    order = np.asarray([first[index] for index in indexes], dtype=bool) if known else None
    # Another percentile that stands in for the metric is none that its slices tell of.
    pairs = pairs_of(comparison, of, row.workload)
    typical = pairs.typical if pairs.per_block == row.per_block else None
    return values[:, 0], values[:, 1], margin_of(of, row.threshold or of.threshold), order, typical


def _ahead(comparison: Comparison, row: MetricVerdict, family: Family, more: int) -> Forecast:
    base, candidate, margin, order, typical = _on_scale(comparison, row)
    return forecast(base, candidate, margin, family.one_way, base.size + more, order, typical)


def _decided(comparison: Comparison, row: MetricVerdict, ahead: Forecast) -> float:
    """Give the share of futures with a word: never *unchanged* where the generator was the limit."""
    if row.metric in SATURABLE and saturated(comparison, row.workload):
        return ahead.below + ahead.above
    return ahead.by_horizon


def _worse(row: MetricVerdict, ahead: Forecast) -> float:
    return ahead.below if metric(row.metric).better == "higher" else ahead.above
