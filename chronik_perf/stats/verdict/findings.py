"""Sentences that a reader must know before believing the numbers. None of them makes or unmakes a word."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from chronik_perf.model import SIDES, Canaries, Comparison, Side, Slice, Unavailable, Workload, known
from chronik_perf.stats import words
from chronik_perf.stats.counted.durability import hasty_acknowledgements
from chronik_perf.stats.counted.exact import gap_of
from chronik_perf.stats.gather import every_slice, gate_slices, name_of
from chronik_perf.stats.load import saturated, saturation_words
from chronik_perf.stats.own.changed_units import changed_own_units
from chronik_perf.stats.own.units import changed_units
from chronik_perf.stats.verdict.running import running
from chronik_perf.stats.verdict.surroundings import changed_environment

LEAST_ROUND_TRIPS = 20
_FAILED = re.compile(r"(\d+) messages? failed: ")  # as a load counts them in one window
# By what factor a canary may differ from the median of its readings before it is named. The figures are
# judgements: a CPU loop repeats within 5 % on a quiet machine and took 1.6 times as long beside a build; single
# syncs scatter by half with nothing beside them.
CANARIES: tuple[tuple[str, str, Callable[[Canaries], float | None], float], ...] = (
    ("a bare write and fdatasync", "ms", lambda c: known(c.fdatasync_ms), 2.0),
    ("a CPU loop", "ms", lambda c: known(c.cpu_loop_ms), 1.1),
    ("a loopback echo", "µs", lambda c: known(c.loopback_us), 1.3),
)


def findings(comparison: Comparison) -> tuple[str, ...]:
    """Give all findings, the gravest first; the same sentence stands once."""
    found: list[str] = []
    sources = (
        *(
            _gaps,
            running,
            hasty_acknowledgements,
            changed_units,
            changed_own_units,
            _generators,
            _provenance,
            changed_environment,
        ),
        *(_completeness, _canaries, _steadiness, _slices, _notes),
    )
    for source in sources:
        found += map(words.capital, source(comparison))
    return tuple(dict.fromkeys(found))


def _gaps(comparison: Comparison) -> Iterator[str]:
    for workload in comparison.workloads:
        for side in SIDES:
            # A discarded block counts for no estimate, but what a broker lost in it is lost all the same.
            slices = list(every_slice(comparison, side, workload.name))
            who = f"{name_of(comparison, side)} with {workload.title}"
            gap = gap_of(slices, workload.acks)
            promise = "sent" if workload.acks == 0 else "acknowledged"
            sent, acked = sum(s.load.sent for s in slices), sum(s.load.acked for s in slices)
            shown = f"(sent {sent:,}, acknowledged {acked:,}, stored {gap.stored:,})"
            if gap.missing:
                yield f"{who}: {words.count(gap.missing, 'message')} {promise} but not stored {shown}."
            if gap.extra:
                yield f"{who}: {words.count(gap.extra, 'message')} stored beyond what was {promise} {shown}."
            failed = sum(s.load.failed for s in slices)
            if failed:
                yield f"{who}: {words.count(failed, 'message')} of {sent:,} failed{_named(slices)}."
            timed = [s.load for s in slices if s.load.response is not None]
            recorded = sum(x.response.recorded for x in timed if x.response is not None)
            if timed and recorded != sum(x.acked for x in timed):
                yield (
                    f"{who}: {recorded:,} latencies recorded for {sum(x.acked for x in timed):,} "
                    "acknowledgements, so the percentiles miss some."
                )


def _generators(comparison: Comparison) -> Iterator[str]:
    for workload in comparison.workloads:
        sides = saturated(comparison, workload.name)
        if sides:
            yield f"{saturation_words(comparison, workload, sides)}."


def _provenance(comparison: Comparison) -> Iterator[str]:
    dirty: dict[str, list[Side]] = {}
    for side, target in zip(SIDES, (comparison.base, comparison.candidate), strict=True):
        if target.provenance.dirty:
            dirty.setdefault((target.provenance.commit or "unknown")[:12], []).append(side)
    for commit, sides in dirty.items():
        who = " and ".join(name_of(comparison, side) for side in sides)
        yield (
            f"{who} came from a tree with uncommitted changes: commit {commit} does not say what was measured."
        )


def _completeness(comparison: Comparison) -> Iterator[str]:
    for block in comparison.blocks:
        if block.discarded is not None:
            yield f"Block {block.index} was discarded and counts for no estimate: {block.discarded.rstrip('.')}."
    if not comparison.complete and comparison.blocks:
        yield (
            f"The comparison is not complete ({words.count(len(comparison.blocks), 'block')} so far); its intervals "
            "hold all the same, since they hold at whatever block one stops."
        )
    apart = [b.index for b in comparison.kept_blocks if not b.interleaved]
    if apart:
        reasons = "; ".join(f"{p.workload}: {p.note}" for p in comparison.pilots if not p.interleaved)
        yield (
            f"In {_blocks(apart)} whole starts alternated instead of slices, so that the machine's drift cancels "
            f"less ({reasons or 'the reason was not recorded'})."
        )
    for at, side in enumerate(SIDES):
        if comparison.target(side).runs_already:  # it was not watched, which is no finding about it
            continue
        never = {
            p.workload: q.reason for p in comparison.pilots if isinstance(q := p.quiet_s[at], Unavailable)
        }
        if never:
            yield (
                f"{name_of(comparison, side)} was not seen to rest when its load had stopped "
                f"({'; '.join(f'{workload}: {why}' for workload, why in never.items())})."
            )
        restless = [
            s.quiet_s.reason
            for b in comparison.kept_blocks
            if b.interleaved
            for s in b.side(side).slices
            if isinstance(s.quiet_s, Unavailable)
        ]
        if restless:
            yield (
                f"After {words.count(len(restless), 'slice')} of the {side} the broker did not come to rest "
                f"({restless[0]}), so its CPU per message is not whole there."
            )


def _canaries(comparison: Comparison) -> Iterator[str]:
    """Compare every reading with the median of all: one rule for moves within a block and across blocks."""
    for title, unit, read, limit in CANARIES:
        readings = [
            (b.index, value)
            for b in comparison.kept_blocks
            for c in (b.canaries_before, b.canaries_after)
            if (value := read(c)) is not None and value > 0
        ]
        if len(readings) < 2:
            continue
        usual = statistics.median(v for _, v in readings)
        moved = sorted({i for i, v in readings if max(v / usual, usual / v) > limit})
        if moved:
            least, most = min(v for _, v in readings), max(v for _, v in readings)
            yield (
                f"The machine moved in {_blocks(moved)}: {title}, which no version can touch, took from "
                f"{words.number(least)} to {words.number(most)} {unit} (usually {words.number(usual)})."
            )


def _steadiness(comparison: Comparison) -> Iterator[str]:
    blocks = comparison.kept_blocks
    for workload in comparison.workloads:
        unsteady = {
            side: sum(1 for b in blocks if b.side(side).steady.get(workload.name, True) is False)
            for side in SIDES
        }
        for side in SIDES:
            other: Side = "candidate" if side == "base" else "base"
            if _one_sided(unsteady[side], unsteady[other]):
                yield (
                    f"{name_of(comparison, side)} was not steady after warm-up in {unsteady[side]} of "
                    f"{words.count(len(blocks), 'start')} with {workload.title}, "
                    f"{name_of(comparison, other)} in {unsteady[other] or 'none'}: a leak or a "
                    "queue that grows would look like this."
                )


def _one_sided(here: int, there: int) -> bool:
    return here > 0 and (there == 0 or here >= 4 * there)


def _slices(comparison: Comparison) -> Iterator[str]:
    for workload in comparison.workloads:
        if workload.acks == 0:
            continue
        for side in SIDES:
            trips = _round_trips(comparison, side, workload)
            if trips is not None and trips < LEAST_ROUND_TRIPS:
                yield (
                    f"A slice of {workload.title} holds only {trips:.0f} round trips of "
                    f"{name_of(comparison, side)} (at least {LEAST_ROUND_TRIPS} are wanted): its first and "
                    "last weigh in the throughput."
                )


def _named(slices: Sequence[Slice]) -> str:
    """Give what the broker or the client said of messages that failed, once each, the most frequent first."""
    said: Counter[str] = Counter()
    for error in (e for s in slices for e in s.load.errors):
        counted = _FAILED.match(error)
        said[error[counted.end() :] if counted else error] += int(counted[1]) if counted else 0
    most = [f"{n:,} of them: {what}" if n and len(said) > 1 else what for what, n in said.most_common(3)]
    return f": {'; '.join(most)}" if most else ""


def _round_trips(comparison: Comparison, side: Side, workload: Workload) -> float | None:
    """Give how many messages one place in flight carried, one after the other, in the median slice."""
    acked = [s.load.acked for s in gate_slices(comparison, side, workload.name)]
    if workload.arrival != "closed" or not acked:
        return None
    return statistics.median(acked) / workload.in_flight


def _notes(comparison: Comparison) -> Iterator[str]:
    """Gather what starts and blocks noted, each sentence once with the blocks it belongs to."""
    seen: dict[tuple[str, str], list[int]] = {}
    for block in comparison.blocks:
        for note in block.notes:
            seen.setdefault(("", note), []).append(block.index)
        for side in SIDES:
            for note in block.side(side).notes:
                seen.setdefault((name_of(comparison, side), note), []).append(block.index)
    for (who, note), indexes in seen.items():
        where = _blocks(sorted(set(indexes)))
        yield f"{who + ' in ' if who else 'In '}{where}: {note.rstrip('.')}."
    said = (*comparison.notes, *(lacking.said for lacking in comparison.lacking))
    yield from (f"{note.rstrip('.')}." for note in said)


def _blocks(indexes: list[int]) -> str:
    if len(indexes) == 1:
        return f"block {indexes[0]}"
    if len(indexes) > 6:
        return f"{len(indexes)} blocks"
    return f"blocks {', '.join(map(str, indexes[:-1]))} and {indexes[-1]}"
