"""What the probes of fresh starts tell, as sentences: what should never be, and what takes longer or more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chronik_perf.model import PROBED, SIDES, Comparison, Probed, ProbeName, Side, Unavailable, known
from chronik_perf.stats import words
from chronik_perf.stats.accounts.stages import StageShare
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.probes.cpu import cpu_findings
from chronik_perf.stats.probes.rows import ProbeRow, probe_rows
from chronik_perf.stats.probes.stages import stages_behind

# With places for who has more of it and for what the `other` side has: `value`, and `less`, which of a count is none.
_SAID: dict[ProbeName, str] = {
    "misordered": "{who} answers a client's requests out of their order: {value}; {other} never does",
    "restart_lost": "Started again on its own data, {who} lacks {value} that it had stored; {other} lacks none",
    "connection": "A new connection to {who} has its first answer after {value}, and one to {other} after {less}",
    "metadata": "All topics are told after {value} by {who}, and after {less} by {other}",
    "topic_creation": "A new topic of {who} can be written to after {value}, and one of {other} after {less}",
    "first_message": "The first message of a new topic is acknowledged after {value} by {who}, and after {less} "
    "by {other}",
    "read_back": "Reading back what is stored takes {value} from {who}, and {less} from {other}",
    "seek": "A fetch of one batch amid what is stored is answered after {value} by {who}, and after {less} by {other}",
    "offsets": "Where a log ends is told after {value} by {who}, and after {less} by {other}",
    "time_lookup": "An offset is found by its time after {value} by {who}, and after {less} by {other}",
    "large_batch": "A batch of 900 KB is acknowledged after {value} by {who}, and after {less} by {other}",
    "many_partitions": "A message to one of 64 partitions is acknowledged after {value} by {who}, and after {less} by "
    "{other}",
    "written": "For a byte of messages {who} writes {value} to disk, and {other} {less}",
    "waiting_cpu": "While twenty fetches wait and nothing comes, {who} uses {value} of CPU, and {other} {less}",
    "beside_slow": "While another client's fetch waits, {who} answers a quick request after {value}, and {other} "
    "after {less}",
    "produce_beside": "While another client's fetch waits, {who} acknowledges a message after {value}, and {other} "
    "after {less}",
    "delivery": "A waiting fetch is answered with what is produced after {value} by {who}, and after {less} by {other}",
    "stop_time": "Asked to stop, {who} has ended after {value}, and {other} after {less}",
    "restart_time": "Started again on what its load has stored, {who} serves after {value}, and {other} after {less}",
    "restart_memory": "Started again on what its load has stored, {who} holds {value} in memory, and {other} {less}",
}

_FAILED: dict[ProbeName, str] = {
    "stop_time": "did not stop in good order",
    "restart_time": "did not start again on what its load had stored",
}


@dataclass(frozen=True, slots=True)
class ProbeChange:
    """One thing that differs: the means over starts (of a count: its sums), and what is said of it.

    `worse` tells whether the candidate is the side that has more of it, or that failed; `stages` are those in which
    what was produced for it spent most of what came on top.
    """

    of: Probed
    worse: bool
    said: str
    stages: tuple[StageShare, ...] = ()


def probe_changes(comparison: Comparison) -> Iterator[ProbeChange]:
    """Give everything probed that differs by more than chance; of what is counted, one on one side alone decides."""
    for row in probe_rows(comparison):
        if row.differs:
            stages = stages_behind(comparison, row) if row.worse else ()
            said = "; ".join([_said(comparison, row), *map(_in_a_clause, stages[:1])])
            yield ProbeChange(row.of, row.worse, f"{said}.", stages)
    yield from _failed(comparison)


def probe_findings(comparison: Comparison) -> Iterator[str]:
    """Say each, and then which function's CPU grew most in what got worse."""
    changes = list(probe_changes(comparison))
    yield from (change.said for change in changes)
    yield from cpu_findings(comparison, {change.of.name for change in changes if change.worse})


def _said(comparison: Comparison, row: ProbeRow) -> str:
    base, candidate = (name_of(comparison, side) for side in SIDES)
    who, other = (candidate, base) if row.worse else (base, candidate)
    less, value = sorted(row.mean(side) or 0.0 for side in SIDES)
    sizes = [row.values[side].size for side in SIDES]
    if row.of.count:
        counted = f"{words.number(value)} {row.of.unit} in {words.count(sizes[row.worse], 'start')}"
        return _SAID[row.of.name].format(who=who, other=other, value=counted, less="")
    said = _SAID[row.of.name].format(
        who=who, other=other, value=words.quantity(value, row.of.unit), less=_or_least(less, row.of)
    )
    assert row.change is not None
    starts = words.count(min(sizes), "start")
    return f"{said}: {words.ratio_change(*row.change)}, from {starts} a side"


def _in_a_clause(stage: StageShare) -> str:
    return stage.said[0].lower() + stage.said[1:]


def _or_least(value: float, of: Probed) -> str:
    """Give a value, or that it is below the least that matters, which stands in its place where it is divided by."""
    told = words.quantity(max(value, of.least), of.unit)
    return f"less than {told}" if value < of.least else told


def _failed(comparison: Comparison) -> Iterator[ProbeChange]:
    """Tell of a side that failed to stop, or to start again on what it had stored, where the other always did so."""
    for of in PROBED:
        if of.name in _FAILED:
            yield from _failed_to(comparison, of, _FAILED[of.name])


def _failed_to(comparison: Comparison, of: Probed, what: str) -> Iterator[ProbeChange]:
    failed = {
        side: [
            value.reason
            for p in comparison.probes
            if p.side == side and isinstance(value := p.values.get(of.name), Unavailable)
        ]
        for side in SIDES
    }
    did = {p.side for p in comparison.probes if known(p.values.get(of.name)) is not None}
    for side in SIDES:
        other: Side = "candidate" if side == "base" else "base"
        if failed[side] and not failed[other] and other in did:
            yield ProbeChange(
                of,
                side == "candidate",
                f"{name_of(comparison, side)} {what}, in {words.count(len(failed[side]), 'start')}: {failed[side][0]}.",
            )
