"""Whether a candidate began to acknowledge before its bytes are synced: counted over blocks, and not estimated.

A batch that waits for its sync waits at least as long as that takes, so of the two means that a broker tells the wait
is the longer one. One block proves nothing, since the means weigh batches and syncs differently, and a slow sync may
have held up few batches: of some 2,200 recorded starts of brokers that sync, 10 broke the rule, by up to 30 %. Of 19
that did not, with few batches in flight, 18 were below it. So most blocks must say it of one side, and hardly any of
the other.

What one side alone does is told by `durability` as a finding. A broker that syncs lazily by design does so on both.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from chronik_perf.model import (
    SIDES,
    Comparison,
    Measured,
    Metric,
    MetricVerdict,
    Side,
    Start,
    Unavailable,
    Word,
    Workload,
    metric,
)
from chronik_perf.stats import words
from chronik_perf.stats.counted.durability import LEAST_BLOCKS, NEARLY_ALL
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.own.units import has_changed_units

_WAIT, _SYNC = metric("stage_commit_wait"), metric("sync_time")
# Few blocks must agree nearly all; of more, some may be disturbed.
MANY_BLOCKS, MOST = 8, 0.75


@dataclass(frozen=True, slots=True)
class _Told:
    """What a start tells of the batches of one workload: the mean wait for a commit, and of a sync (0: none), in ms."""

    wait_ms: float
    sync_ms: float


@dataclass(frozen=True, slots=True)
class _Block:
    index: int
    base: _Told
    candidate: _Told

    def side(self, side: Side) -> _Told:
        return self.base if side == "base" else self.candidate

    def is_early(self, side: Side) -> bool:
        """Tell whether a wait was shorter than a sync: its own, or where it made none the other side's."""
        own, other = (self.base, self.candidate) if side == "base" else (self.candidate, self.base)
        return own.wait_ms < (own.sync_ms or other.sync_ms)


def early_acks_row(comparison: Comparison, of: Metric, workload: Workload) -> MetricVerdict:
    """Judge who acknowledges before the sync: a word for a change, and for two that wait; else None, and why."""
    blocks, why = _blocks(comparison, workload)
    early = {side: [b.is_early(side) for b in blocks] for side in SIDES}
    counts = {
        side: f"{name_of(comparison, side)} in {sum(early[side])} of {words.count(len(blocks), 'block')}"
        for side in SIDES
    }
    word = word_of(early["base"], early["candidate"])
    sentence = "Whether acknowledgements wait for their sync was not judged."
    if why:
        word = None
    elif len(blocks) < LEAST_BLOCKS:
        why = f"{words.count(len(blocks), 'block')} told it of both sides, and at least {LEAST_BLOCKS} are needed."
    elif word in ("regressed", "improved"):
        worse: Side = "candidate" if word == "regressed" else "base"
        better: Side = "base" if word == "regressed" else "candidate"
        if _typical(blocks, worse).wait_ms < _typical(blocks, better).sync_ms:
            sentence = _change(comparison, blocks, worse, better, sum(early[worse]))
        else:  # its wait is not short, its sync is long, or others are counted with it
            word = None
            why = (
                f"A batch waited less for its commit than a sync takes with {counts[worse]}, but longer than a sync "
                f"takes with {name_of(comparison, better)}, so that it may have waited for it all the same."
            )
    elif word == "unchanged":
        sentence = "Acknowledgements wait for their sync, on both sides."
    else:
        why = (
            f"A batch waited less for its commit than a sync takes with {counts['base']} and with "
            f"{counts['candidate']}, which does not tell them apart."
        )
    per_block = tuple((b.index, float(b.is_early("base")), float(b.is_early("candidate"))) for b in blocks)
    return MetricVerdict(of.name, workload.name, "watch", word, None, None, sentence, why, per_block)


def word_of(base: Sequence[bool], candidate: Sequence[bool]) -> Word | None:
    """Give the word for two sides of which each block tells whether they acknowledged early; None where it is open.

    Two equal versions, each of whose starts looks early by chance, are called regressed in 0.2 % of comparisons at
    most, at whatever block those end, and that only where the chance is near to a half: simulated, in the tests.
    """
    blocks = len(base)
    if blocks < LEAST_BLOCKS:
        return None
    share = MOST if blocks >= MANY_BLOCKS else NEARLY_ALL
    most = [sum(side) >= share * blocks for side in (base, candidate)]
    hardly_any = [sum(side) <= blocks - NEARLY_ALL * blocks for side in (base, candidate)]
    if all(hardly_any):
        return "unchanged"
    if hardly_any[0] and most[1]:
        return "regressed"
    return "improved" if most[0] and hardly_any[1] else None


def _blocks(comparison: Comparison, workload: Workload) -> tuple[list[_Block], str]:
    """Give the kept blocks in which both sides tell of their syncs, or why none may be used."""
    found: list[_Block] = []
    missing = ""
    for block in comparison.kept_blocks:
        told = {side: _told(block.side(side), workload) for side in SIDES}
        for side in SIDES:
            value = told[side]
            if isinstance(value, Unavailable):
                missing = missing or f"{name_of(comparison, side)} does not tell it: {value.reason}."
        base, candidate = told["base"], told["candidate"]
        if isinstance(base, _Told) and isinstance(candidate, _Told) and base.sync_ms + candidate.sync_ms > 0:
            found.append(_Block(block.index, base, candidate))
    if not found:
        return [], missing or "No block tells of a sync."
    if has_changed_units(comparison, workload.name, (_WAIT, _SYNC)):
        return [], "The broker's times seem to have another unit on one side."
    return found, ""


def _told(start: Start, workload: Workload) -> _Told | Unavailable:
    wait = _WAIT.take(start, workload.name)
    sync: Measured = 0.0 if _made_no_sync(start, workload) else _SYNC.take(start, workload.name)
    if isinstance(wait, Unavailable):
        return wait
    return sync if isinstance(sync, Unavailable) else _Told(wait, sync)


def _made_no_sync(start: Start, workload: Workload) -> bool:
    """Tell whether a broker that counts its syncs counted none, which says more than one that does not count them."""
    slices = list(start.gate_slices(workload.name))
    return bool(slices) and all(s.telemetry.get("syncs") == 0 and "sync_s" in s.telemetry for s in slices)


def _typical(blocks: Sequence[_Block], side: Side) -> _Told:
    told = [b.side(side) for b in blocks]
    return _Told(statistics.median(t.wait_ms for t in told), statistics.median(t.sync_ms for t in told))


def _change(comparison: Comparison, blocks: Sequence[_Block], worse: Side, better: Side, n: int) -> str:
    early, waits = _typical(blocks, worse), _typical(blocks, better)
    sync = f"a sync takes {words.number(early.sync_ms)} ms" if early.sync_ms else "it makes no sync"
    return (
        f"{name_of(comparison, worse)} acknowledges before its bytes are synced, in {n} of "
        f"{words.count(len(blocks), 'block')}: a batch waits {words.number(early.wait_ms)} ms for its commit, and "
        f"{sync}. {name_of(comparison, better)} waits {words.number(waits.wait_ms)} ms, and a sync takes "
        f"{words.number(waits.sync_ms)} ms."
    )
