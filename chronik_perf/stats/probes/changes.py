"""What the probes of fresh starts tell, as sentences: what should never be, and what takes longer or more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chronik_perf.model import PROBED, SIDES, Comparison, Probed, Side, Unavailable, known
from chronik_perf.stats import words
from chronik_perf.stats.accounts.stages import StageShare
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.probes.cpu import cpu_findings
from chronik_perf.stats.probes.rows import ProbeRow, probe_rows
from chronik_perf.stats.probes.stages import stages_behind

_TOGETHER = 3  # one cause behind so many is told once


@dataclass(frozen=True, slots=True)
class ProbeChange:
    """One thing that differs: the means over starts (of a count: its sums), and what is said of it.

    `worse` tells whether the candidate is the side that has more of it, or that failed; `stages` are those in which
    what was produced for it spent most of what came on top, which made it so many `times` what it was.
    """

    of: Probed
    worse: bool
    said: str
    stages: tuple[StageShare, ...] = ()
    times: float = 1.0


def probe_changes(comparison: Comparison) -> Iterator[ProbeChange]:
    """Give everything probed that differs by more than chance; of what is counted, one on one side alone decides."""
    for row in probe_rows(comparison):
        if row.differs:
            stages = stages_behind(comparison, row) if row.worse else ()
            said = "; ".join([_said(comparison, row), *map(_in_a_clause, stages[:1])])
            times = 1 + row.change[0] if row.change else 1.0
            yield ProbeChange(row.of, row.worse, f"{said}.", stages, times)
    yield from _failed(comparison)


def probe_findings(comparison: Comparison) -> Iterator[str]:
    """Say each, those together that wait in one stage, and then which function's CPU grew most in what got worse."""
    changes = list(probe_changes(comparison))
    waiting: dict[str, list[ProbeChange]] = defaultdict(list)
    for change in changes:
        if change.stages:
            waiting[change.stages[0].stage].append(change)
    together = {stage: those for stage, those in waiting.items() if len(those) >= _TOGETHER}
    yield from (one.said for one in changes if not one.stages or one.stages[0].stage not in together)
    yield from (_wait_together(comparison, those) for those in together.values())
    yield from cpu_findings(comparison, {change.of.name for change in changes if change.worse})


def _said(comparison: Comparison, row: ProbeRow) -> str:
    base, candidate = (name_of(comparison, side) for side in SIDES)
    who, other = (candidate, base) if row.worse else (base, candidate)
    less, value = sorted(row.mean(side) or 0.0 for side in SIDES)
    sizes = [row.values[side].size for side in SIDES]
    if row.of.count:
        counted = f"{words.number(value)} {row.of.unit} in {words.count(sizes[row.worse], 'start')}"
        return row.of.said.format(who=who, other=other, value=counted, less="")
    said = row.of.said.format(
        who=who, other=other, value=words.quantity(value, row.of.unit), less=_or_least(less, row.of)
    )
    assert row.change is not None
    starts = words.count(min(sizes), "start")
    return f"{said}: {words.ratio_change(*row.change)}, from {starts} a side"


def _wait_together(comparison: Comparison, changes: list[ProbeChange]) -> str:
    """Say once what is behind several that take longer, the one that grew most first."""
    ordered = sorted(changes, key=lambda change: -change.times)
    listed = "; ".join(f"{change.of.title} ({words.factor(change.times)})" for change in ordered)
    base, candidate = (name_of(comparison, side) for side in SIDES)
    return (
        f"{len(changes)} things that starts were asked take longer with {candidate} than with {base}, most of it in "
        f"one stage: {_in_a_clause(ordered[0].stages[0])}. They are {listed}."
    )


def _in_a_clause(stage: StageShare) -> str:
    return stage.said[0].lower() + stage.said[1:]


def _or_least(value: float, of: Probed) -> str:
    """Give a value, or that it is below the least that matters, which stands in its place where it is divided by."""
    told = words.quantity(max(value, of.least), of.unit)
    return f"less than {told}" if value < of.least else told


def _failed(comparison: Comparison) -> Iterator[ProbeChange]:
    """Tell of a side that failed to stop, or to start again on what it had stored, where the other always did so."""
    for of in PROBED:
        if of.failed:
            yield from _failed_to(comparison, of)


def _failed_to(comparison: Comparison, of: Probed) -> Iterator[ProbeChange]:
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
            starts = words.count(len(failed[side]), "start")
            said = f"{name_of(comparison, side)} {of.failed}, in {starts}: {failed[side][0]}."
            yield ProbeChange(of, side == "candidate", said)
