"""Where the time went: stages of a produce, and whether the broker's CPU explains a loss of throughput."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import STAGES, Comparison, Effect, Unavailable, Verdict, metric
from chronik_perf.stats import words
from chronik_perf.stats.gather import pairs_of

EXPLAINS_MORE = 1.2
EXPLAINS_MOST = 0.5
EXPLAINS_LITTLE = 0.2


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
        return self.effect is not None and (self.effect.low > 0 or self.effect.high < 0)


@dataclass(frozen=True, slots=True)
class StageAccount:
    """Stages of a produce in their order. `grew_most` and `share_of_growth` are None where none grew.

    `share_of_growth` is the part of the growth of the median response time that the stage accounts for. The
    pairs are (base, candidate), None where the broker does not tell.
    """

    workload: str
    stages: tuple[StageShare, ...]
    grew_most: StageShare | None
    response_growth_ms: float | None
    share_of_growth: float | None
    tasks_per_batch: tuple[float, float] | None
    batches_per_commit: tuple[float, float] | None
    sync_ms: tuple[float, float] | None
    sentence: str


@dataclass(frozen=True, slots=True)
class LossAccount:
    """Whether CPU explains a loss: µs of CPU and of wall clock that one stored message takes on each side.

    `share` is the growth of CPU over the growth of wall clock per message (1 / throughput); None without a
    loss.
    """

    workload: str
    cpu_us: tuple[float, float]
    wall_us: tuple[float, float]
    waits_longer_ms: float | None
    share: float | None
    sentence: str


_PHRASES = {
    "decode": "A batch now takes {c} to decode instead of {b}",
    "metadata": "A batch now spends {c} in the metadata store instead of {b}",
    "append": "A batch now takes {c} to append instead of {b}",
    "commit_wait": "A batch now waits {c} for its commit instead of {b}",
    "reply": "A batch now waits {c} for its reply to be written instead of {b}",
}


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
    p50 = verdict.row("p50", workload)
    growth = p50.effect.candidate - p50.effect.base if p50 and p50.effect else None
    grown = [s for s in stages if s.told_from_noise and s.growth_ms > 0]
    most = max(grown, key=lambda s: s.growth_ms, default=None)
    share = most.growth_ms / growth if most and growth and growth > 0 else None
    pairs = {
        n: _means(comparison, n, workload) for n in ("tasks_per_batch", "batches_per_commit", "sync_time")
    }
    told = {n: None if isinstance(v, Unavailable) else v for n, v in pairs.items()}
    return StageAccount(
        workload=workload,
        stages=tuple(stages),
        grew_most=most,
        response_growth_ms=growth,
        share_of_growth=share,
        tasks_per_batch=told["tasks_per_batch"],
        batches_per_commit=told["batches_per_commit"],
        sync_ms=told["sync_time"],
        sentence=_stage_sentence(most, growth, share, told["tasks_per_batch"], told["batches_per_commit"]),
    )


def _means(comparison: Comparison, name: str, workload: str) -> tuple[float, float] | Unavailable:
    pairs = pairs_of(comparison, metric(name), workload)
    if not pairs.per_block:
        return Unavailable(pairs.missing[0] if pairs.missing else "nothing was measured")
    base, candidate = zip(*pairs.values, strict=True)
    return math.fsum(base) / len(base), math.fsum(candidate) / len(candidate)


def _stage_sentence(
    most: StageShare | None,
    growth: float | None,
    share: float | None,
    tasks: tuple[float, float] | None,
    batches: tuple[float, float] | None,
) -> str:
    if most is None:
        text = "No stage of a produce grew by more than noise"
    else:
        text = _PHRASES[most.stage].format(
            b=f"{words.number(most.base_ms)} ms", c=f"{words.number(most.candidate_ms)} ms"
        )
        if share is not None and growth is not None:
            text += (
                f"; its growth is {words.percent(share, 0)} of the {words.number(growth)} ms by which the "
                "median response time grew"
            )
    for pair, noun in ((tasks, "tasks spawned per batch"), (batches, "batches per commit")):
        if pair is not None:
            text += f"; {noun}: {words.number(pair[0])}, then {words.number(pair[1])}"
    return f"{text}."


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
    p50 = verdict.row("p50", workload)
    waits = p50.effect.candidate - p50.effect.base if p50 and p50.effect else None
    lost = throughput.significant and wall_us[1] > wall_us[0]
    share = (cpu_us[1] - cpu_us[0]) / (wall_us[1] - wall_us[0]) if lost else None
    sentence = _loss_sentence(cpu_us, wall_us, waits, share)
    return LossAccount(workload, cpu_us, wall_us, waits, share, sentence)


def _loss_sentence(
    cpu_us: tuple[float, float],
    wall_us: tuple[float, float],
    waits_ms: float | None,
    share: float | None,
) -> str:
    grew = cpu_us[1] - cpu_us[0]
    verb = "grew" if grew >= 0 else "fell"
    text = f"CPU per message {verb} by {words.number(abs(grew))} µs"
    if share is None:
        return f"Throughput shows no certain loss; {text}."
    text += f", and the time per message by {words.number(wall_us[1] - wall_us[0])} µs"
    if waits_ms is not None and waits_ms > 0:
        text += f" (each message waits {words.number(waits_ms)} ms longer)"
    if share > EXPLAINS_MORE:
        return f"{text}: CPU explains the loss, and part of it is used after the load has stopped."
    if share >= EXPLAINS_MOST:
        return f"{text}: CPU explains {'most of the' if share < 0.9 else 'the'} loss."
    if share > EXPLAINS_LITTLE:
        return f"{text}: CPU explains {words.percent(share, 0)} of the loss."
    return f"{text}: CPU does not explain the loss."
