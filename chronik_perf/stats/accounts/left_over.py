"""The account of a produce closed: the broker's stages and what is left over are the response time of the client."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import STAGES, Comparison, Effect, Measured, Start, Unavailable, metric
from chronik_perf.stats import words
from chronik_perf.stats.betting.interval import paired_effect

# Of a difference that explains and decides nothing; as other evidence, it holds at whatever block one stops.
ERROR = 0.05

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ClientTime:
    """Mean response time, and what of it no stage of the broker accounts for, in ms as (base, candidate).

    `left_over_ms` is the response time less the sum of the stages, over the blocks that have both; it holds the client,
    the network and the sockets, and what comes from weighing: a stage's mean is over batches, the client's over
    messages, so that it may be less than 0 where large batches are the fast ones. `effect` is its change.
    """

    response_ms: Pair
    stages_ms: Pair
    left_over_ms: Pair
    effect: Effect | None
    sentence: str

    @property
    def told_from_noise(self) -> bool:
        """Tell whether the interval of the left-over's change excludes no change."""
        return self.effect is not None and self.effect.told_from_noise


def client_time(comparison: Comparison, workload: str) -> ClientTime | Unavailable:
    """Hold the stages against what the client saw; Unavailable where it timed nothing, or a stage is not told."""
    response, stages, first = list[Pair](), list[Pair](), list[bool]()
    reason = "nothing was measured"
    for block in comparison.kept_blocks:
        told = [f(s, workload) for s in (block.base, block.candidate) for f in (_response_ms, _stages_ms)]
        known_ms = [value for value in told if not isinstance(value, Unavailable)]
        if len(known_ms) < len(told):
            reason = next(value.reason for value in told if isinstance(value, Unavailable))
            continue
        base, base_stages, candidate, candidate_stages = known_ms
        response.append((base, candidate))
        stages.append((base_stages, candidate_stages))
        first.append(block.base.order == 0)
    if not response:
        return Unavailable(reason)
    left = [(r[0] - s[0], r[1] - s[1]) for r, s in zip(response, stages, strict=True)]
    response_ms, stages_ms = _mean(response), _mean(stages)
    left_over_ms = (response_ms[0] - stages_ms[0], response_ms[1] - stages_ms[1])
    effect = paired_effect("difference", left, ERROR, base_first=first)
    return ClientTime(
        response_ms,
        stages_ms,
        left_over_ms,
        None if isinstance(effect, Unavailable) else effect,
        _sentence(response_ms, left_over_ms),
    )


def _response_ms(start: Start, workload: str) -> Measured:
    latency = start.latency.get(workload)
    if latency is None:
        return Unavailable("acks=0 has no acknowledgement to time, so there is no response time to add up to")
    mean_ms = latency.mean_ms
    return Unavailable("the response times have no percentiles") if mean_ms is None else mean_ms


def _stages_ms(start: Start, workload: str) -> Measured:
    total_ms = 0.0
    for name in STAGES:
        one = metric(f"stage_{name}").take(start, workload)
        if isinstance(one, Unavailable):
            return Unavailable(f"the broker does not tell all stages: {one.reason}")
        total_ms += one
    return total_ms


def _mean(pairs: list[Pair]) -> Pair:
    base, candidate = zip(*pairs, strict=True)
    return math.fsum(base) / len(base), math.fsum(candidate) / len(candidate)


def _sentence(response_ms: Pair, left_over_ms: Pair) -> str:
    seen, left = (
        " and ".join(f"{words.number(ms)} ms" for ms in pair) for pair in (response_ms, left_over_ms)
    )
    return (
        f"The client saw {seen} (mean, base and candidate); {left} of it no stage accounts for: the client itself, the "
        "network and the sockets, and that stages are means over batches, response times over messages."
    )
