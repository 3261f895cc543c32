"""How much of a change each difference explains, from arms in which some of the differences are put in.

All is told in what a message costs, relative to the base: time (the inverse of throughput) or CPU. Costs of stages add
up, where rates do not. The Shapley value (Shapley, "A value for n-person games", 1953) shares the whole among the
differences with interactions split evenly, so up to three differences, whose arms are all measured, add up exactly.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from chronik_perf.model import Answer, Cause, Comparison, Effect, Metric, Share, Unavailable, Workload
from chronik_perf.model.ablation import Account, Arm, Difference, Explained
from chronik_perf.stats.betting.interval import decide, paired_effect
from chronik_perf.stats.betting.shares import Floats, both, bounded_by, share_of
from chronik_perf.stats.gather import pairs_of
from chronik_perf.stats.planning.family import margin_of

# Of each workload's account, all its intervals together.
ERROR = 0.05
MOST_OF_IT, LITTLE_OF_IT, NARROW = 0.5, 0.1, 0.2
# A large change is proven by then, with its arms measured beside it; for one that is not proven later none waits.
FIRST_ROUNDS, ENOUGH_ROUNDS = 10, 20
# With more differences not every combination is measured.
ALL_COMBINATIONS = 3

Keys = tuple[str, ...]
Weights = dict[Keys, float]


def arms_of(keys: Keys, claim: str | None = None) -> list[Keys]:
    """Give the arms to measure: all differences put in, each put in alone, and each alone left out.

    With a `claim` only its own key's are needed. Up to three keys these are all combinations but the base itself.
    """
    asked = keys if claim is None else (claim,)
    wanted = [keys, *((key,) for key in asked), *(_without(keys, key) for key in asked)]
    return [arm for arm in dict.fromkeys(wanted) if arm]


def account(
    differences: Sequence[Difference],
    arms: Sequence[Arm],
    metric: Metric,
    workload: Workload,
    threshold: float,
    claim: str | None = None,
    error: float = ERROR,
) -> Account:
    """Account for the change of one workload; `error` holds for all intervals of it together, at every look.

    `arms` hold at least the one with all differences. Differences of which no arm was measured are left out, and with a
    `claim` all but its own.
    """
    keys = tuple(d.key for d in differences)
    by_keys = {arm.keys: arm.comparison for arm in arms}
    effects = {k: _effect(c, metric, workload, threshold, error / 2 / len(arms)) for k, c in by_keys.items()}
    total = effects[keys]
    rounds = sum(any(b.base.gate_slices(workload.name)) for b in by_keys[keys].kept_blocks)
    if isinstance(total, Unavailable):
        return Account(workload.name, metric.name, None, False, False, rounds, (), None, total.reason)
    word = decide(total, metric, margin_of(metric, threshold))
    if word not in ("regressed", "improved"):
        return Account(workload.name, metric.name, total, False, word == "unchanged", rounds, (), None)
    costs = {k: _costs(c, metric, workload) for k, c in by_keys.items()}
    bounds = {k: _bounds(e, metric) for k, e in effects.items() if isinstance(e, Effect)}
    asked = [
        d
        for d in differences
        if claim in (None, d.key) and (d.key,) in by_keys and _known(_without(keys, d.key), by_keys)
    ]
    parts = 3 * len(asked) + 1

    def share(weights: Weights) -> Share:
        return _share(weights, keys, costs, bounds, error / 2 / parts)

    explained = []
    for d in asked:
        restores, causes = _restores(keys, d.key), _alone(d.key)
        shares = share(restores), share(causes), share(_shapley(keys, d.key, by_keys))
        explained.append(Explained(d, *shares, _answer(shares[2], claim is not None)))
    complete = len(asked) == len(keys)
    left_over = None
    if complete and len(keys) > ALL_COMBINATIONS:
        summed: Weights = {keys: 1.0, (): -1.0}
        for d in asked:
            for arm, weight in _shapley(keys, d.key, by_keys).items():
                summed[arm] = summed.get(arm, 0.0) - weight
        left_over = share(summed)
    settled = bool(explained) and all(e.answer != "open" for e in explained)
    return Account(workload.name, metric.name, total, True, settled, rounds, tuple(explained), left_over)


def causes_of(accounts: Sequence[Account]) -> tuple[Cause, ...]:
    """Give what was found of each difference, in the words that the report of the two versions keeps."""

    def bounded(share: Share) -> Share | None:
        return share if all(map(math.isfinite, (share.estimate, share.low, share.high))) else None

    return tuple(
        Cause(
            workload=a.workload,
            metric=a.metric,
            key=e.difference.key,
            base=e.difference.base,
            candidate=e.difference.candidate,
            answer=e.answer,
            explains=bounded(e.explains),
            restores=bounded(e.restores),
            causes=bounded(e.causes),
        )
        for a in accounts
        for e in a.explained
    )


def still_needed(
    accounts: Sequence[Account], keys: Keys, arms: Sequence[Keys]
) -> tuple[list[Keys], list[str]]:
    """Give the arms and the workloads that another round needs; none where all is answered.

    A difference that is answered everywhere needs no arms of its own, a workload that is settled no load.
    """
    untold = [a for a in accounts if not a.moved and not a.settled and a.rounds < ENOUGH_ROUNDS]
    unanswered = [a for a in accounts if a.moved and not a.settled]
    workloads = [a.workload for a in accounts if a in untold or a in unanswered]
    if not workloads:
        return [], []
    asked = {e.difference.key for a in unanswered for e in a.explained if e.answer == "open"}
    # A Shapley value needs all arms; and what may turn out to have moved has its arms measured beside it.
    if any(a.rounds < FIRST_ROUNDS for a in untold) or (asked and len(keys) <= ALL_COMBINATIONS):
        return list(arms), workloads
    own = {arm for key in asked for arm in ((key,), _without(keys, key))}
    return [arm for arm in arms if arm == keys or arm in own], workloads


def _effect(
    comparison: Comparison, metric: Metric, workload: Workload, threshold: float, error: float
) -> Effect | Unavailable:
    pairs = pairs_of(comparison, metric, workload.name)
    return paired_effect(metric.scale, pairs.values, error, margin_of(metric, threshold), pairs.base_first)


def _costs(comparison: Comparison, metric: Metric, workload: Workload) -> dict[int, float]:
    """Give by round what a message cost, the base being 1."""
    rows = pairs_of(comparison, metric, workload.name).per_block
    power = -1.0 if metric.better == "higher" else 1.0
    return {index: (candidate / base) ** power for index, base, candidate in rows if base > 0 < candidate}


def _bounds(effect: Effect, metric: Metric) -> tuple[float, float]:
    ends = [max(1e-9, 1 + effect.low), 1 + effect.high]
    if metric.better == "higher":
        ends = [1 / end for end in ends]
    return min(ends), max(ends)


def _share(
    weights: Weights,
    keys: Keys,
    costs: Mapping[Keys, dict[int, float]],
    bounds: Mapping[Keys, tuple[float, float]],
    error: float,
) -> Share:
    measured = {arm: weight for arm, weight in weights.items() if arm}
    constant = weights.get((), 0.0)  # the base costs 1
    rounds = sorted(set.intersection(set(costs[keys]), *(set(costs[arm]) for arm in measured)))
    if not rounds:
        return Share(math.nan, -math.inf, math.inf)
    part: Floats = np.full(len(rounds), constant)
    for arm, weight in measured.items():
        part = part + weight * np.array([costs[arm][i] for i in rounds])
    whole = np.array([costs[keys][i] for i in rounds]) - 1
    found = share_of(part, whole, error)
    if not all(arm in bounds for arm in measured):
        return found
    known = {arm: bounds[arm] for arm in (*measured, keys)} | {(): (1.0, 1.0)}
    return both(found, bounded_by({**measured, (): constant}, known, keys))


def _restores(keys: Keys, key: str) -> Weights:
    return {keys: 1.0, _without(keys, key): -1.0}


def _alone(key: str) -> Weights:
    return {(key,): 1.0, (): -1.0}


def _shapley(keys: Keys, key: str, measured: Mapping[Keys, object]) -> Weights:
    """Weigh each arm in the difference's Shapley value, or in the mean of first and last where arms are missing."""
    others = _without(keys, key)
    orders = [c for n in range(len(others) + 1) for c in itertools.combinations(others, n)]
    wanted = [tuple(k for k in keys if k == key or k in before) for before in orders]
    weights: Weights = {}

    def add(arm: Keys, weight: float) -> None:
        weights[arm] = weights.get(arm, 0.0) + weight

    if len(keys) <= ALL_COMBINATIONS and all(_known(arm, measured) for arm in (*orders, *wanted)):
        n = len(keys)
        for before, after in zip(orders, wanted, strict=True):
            weight = math.factorial(len(before)) * math.factorial(n - len(before) - 1) / math.factorial(n)
            add(after, weight)
            add(before, -weight)
        return weights
    for part in (_restores(keys, key), _alone(key)):
        for arm, weight in part.items():
            add(arm, weight / 2)
    return weights


def _answer(share: Share, is_claim: bool) -> Answer:
    if share.low > MOST_OF_IT:
        return "most"
    if share.high < LITTLE_OF_IT:
        return "little"
    # A claim is that it did most of it, which a narrow interval around a half neither confirms nor contests.
    sure = share.high < MOST_OF_IT if is_claim else share.high - share.low <= NARROW
    return "part" if sure else "open"


def _known(arm: Keys, measured: Mapping[Keys, object]) -> bool:
    return not arm or arm in measured


def _without(keys: Keys, key: str) -> Keys:
    return tuple(k for k in keys if k != key)
