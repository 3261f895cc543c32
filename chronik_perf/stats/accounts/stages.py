"""Where the time went: stages of a produce, and whether the broker's CPU explains a loss of throughput."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import STAGES, Comparison, Effect, Unavailable, Verdict, metric
from chronik_perf.stats import words
from chronik_perf.stats.accounts.left_over import ClientTime, client_time
from chronik_perf.stats.gather import pairs_of

EXPLAINS_MOST = 0.5
EXPLAINS_LITTLE = 0.2
# Of the part of its time that the base was busy: who does more work and nothing else is no less busy than before.
NO_LESS_BUSY = 0.9


_PHRASES = {
    "decode": "A batch now takes {c} to decode instead of {b}",
    "metadata": "A batch now spends {c} in the metadata store instead of {b}",
    "append": "A batch now takes {c} to append instead of {b}",
    "commit_wait": "A batch now waits {c} for its commit instead of {b}",
    "reply": "A batch now waits {c} for its reply to be written instead of {b}",
}


@dataclass(frozen=True, slots=True)
class StageShare:
    """Mean time of one stage of a produce, per batch, on each side."""

    stage: str
    base_ms: float
    candidate_ms: float
    effect: Effect | None

    @property
    def growth_ms(self) -> float:
        """Candidate less base."""
        return self.candidate_ms - self.base_ms

    @property
    def told_from_noise(self) -> bool:
        """Tell whether the interval of the difference excludes no change."""
        return self.effect is not None and self.effect.told_from_noise

    @property
    def said(self) -> str:
        """Say it, without a full stop."""
        return _PHRASES[self.stage].format(
            b=f"{words.number(self.base_ms)} ms", c=f"{words.number(self.candidate_ms)} ms"
        )


@dataclass(frozen=True, slots=True)
class StageAccount:
    """Stages of a produce in their order. `grew_most` and `share_of_growth` are None where none grew.

    `share_of_growth` is the part of the growth of the mean response time that the stage accounts for. `client` adds
    the stages up to the response time that the client saw, with what is left over.
    """

    workload: str
    stages: tuple[StageShare, ...]
    grew_most: StageShare | None
    response_growth_ms: float | None
    share_of_growth: float | None
    client: ClientTime | Unavailable
    sentence: str


@dataclass(frozen=True, slots=True)
class LossAccount:
    """Whether CPU explains a loss: µs of CPU and of wall clock that one stored message takes on each side.

    `share` is the growth of CPU over the growth of wall clock per message (1 / throughput), `share_bounds` what the
    intervals of both leave of it; None without a loss.
    """

    workload: str
    cpu_us: tuple[float, float]
    wall_us: tuple[float, float]
    share: float | None
    share_bounds: tuple[float, float] | None

    @property
    def waits(self) -> bool:
        """Tell whether waiting, rather than work, is where the time of a loss has gone, as far as is known.

        Work is most of it, which may be sure, and leaves the broker no less busy. One that waits has more to do as
        well, where the wait parts its messages in smaller batches.
        """
        if self.share is None or self.share_bounds is None or self.share_bounds[0] >= EXPLAINS_MOST:
            return False
        busy = min(1.0, self.cpu_us[0] / self.wall_us[0])
        return self.share < max(EXPLAINS_MOST, NO_LESS_BUSY * busy)


def stage_account(comparison: Comparison, verdict: Verdict, workload: str) -> StageAccount | Unavailable:
    """Account for the time of a produce by stages; Unavailable where the broker does not tell them."""
    stages: list[StageShare] = []
    reason = "the broker's metrics have no stages"
    for name in STAGES:
        means = _means(comparison, f"stage_{name}", workload)
        if isinstance(means, Unavailable):
            reason = means.reason
            continue
        row = verdict.row(f"stage_{name}", workload)
        stages.append(StageShare(name, *means, row.effect if row else None))
    if not stages:
        return Unavailable(reason)
    client = client_time(comparison, workload)
    growth = None if isinstance(client, Unavailable) else client.response_ms[1] - client.response_ms[0]
    grown = [s for s in stages if s.told_from_noise and s.growth_ms > 0]
    most = max(grown, key=lambda s: s.growth_ms, default=None)
    share = most.growth_ms / growth if most and growth and growth > 0 else None
    return StageAccount(
        workload=workload,
        stages=tuple(stages),
        grew_most=most,
        response_growth_ms=growth,
        share_of_growth=share,
        client=client,
        sentence=_stage_sentence(most, growth, share),
    )


def _means(comparison: Comparison, name: str, workload: str) -> tuple[float, float] | Unavailable:
    pairs = pairs_of(comparison, metric(name), workload)
    if not pairs.per_block:
        return Unavailable(pairs.missing[0] if pairs.missing else "nothing was measured")
    base, candidate = zip(*pairs.values, strict=True)
    return math.fsum(base) / len(base), math.fsum(candidate) / len(candidate)


def _stage_sentence(most: StageShare | None, growth: float | None, share: float | None) -> str:
    if most is None:
        return "No stage of a produce grew by more than noise."
    if share is None or growth is None:
        return f"{most.said}."
    part = "all" if share > 1 else words.percent(share, 0)
    return f"{most.said}; its growth is {part} of the {words.number(growth)} ms by which the mean response time grew."


def sure_to_be_work(verdict: Verdict, workload: str) -> bool:
    """Tell whether CPU explains most of a loss, by the lower bound of its share."""
    account = loss_account(verdict, workload)
    bounds = None if isinstance(account, Unavailable) else account.share_bounds
    return bounds is not None and bounds[0] >= EXPLAINS_MOST


def loss_account(verdict: Verdict, workload: str) -> LossAccount | Unavailable:
    """Say whether the broker's CPU explains what throughput lost.

    One stored message takes 1 / throughput of wall clock. If it was CPU that made a version slower, CPU per
    message grew by as much as that did; where it grew by a fifth or less, the time was spent waiting.
    """
    throughput, cpu = verdict.row("throughput", workload), verdict.row("cpu_per_message", workload)
    if throughput is None or throughput.effect is None:
        return Unavailable(throughput.why if throughput else "throughput was not measured")
    if cpu is None or cpu.effect is None:
        return Unavailable(cpu.why if cpu else "CPU per message was not measured")
    wall_us = (1e6 / throughput.effect.base, 1e6 / throughput.effect.candidate)
    cpu_us = (cpu.effect.base, cpu.effect.candidate)
    lost = throughput.significant and wall_us[1] > wall_us[0]
    share = (cpu_us[1] - cpu_us[0]) / (wall_us[1] - wall_us[0]) if lost else None
    bounds = _bounds(cpu.effect, throughput.effect) if lost else None
    return LossAccount(workload, cpu_us, wall_us, share, bounds)


def _bounds(cpu: Effect, throughput: Effect) -> tuple[float, float]:
    """Bound the share by the ends of both intervals; each is relative to its base, whose own error is left out."""
    low_us, high_us = (cpu.base * end for end in (cpu.low, cpu.high))
    least_us, most_us = (
        1e6 / throughput.base * (1 / (1 + end) - 1) for end in (throughput.high, throughput.low)
    )
    return (
        low_us / (most_us if low_us > 0 else least_us),
        high_us / (least_us if high_us > 0 else most_us),
    )
