"""What a stored result has to say beside a new measurement of its version: whether machine or measurement has drifted.

The verdict is of the versions that were measured side by side. The stored numbers are a second witness, heard only
where they are of the same class of machines.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import SIDES, BadInput, Comparison, Side, judged, metric
from chronik_perf.stats import words
from chronik_perf.stats.planning.family import EXACT
from chronik_perf.stats.shifted import ERROR, can_tell, chance
from chronik_perf.store.baseline_folder import same_version, version_of
from chronik_perf.store.baselines import Baseline, not_comparable
from chronik_perf.store.drift import Drift, drift
from chronik_perf.targets.baseline import PREFIX as BASELINE
from chronik_perf.targets.baseline import kept_baselines
from chronik_perf.targets.result import PREFIX as RESULT
from chronik_perf.targets.result import stored_result

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Witness:
    """What was stored of one side's version: that version, and the numbers under its name, one a class of machines."""

    side: Side
    name: str
    version: Baseline
    stored: tuple[Baseline, ...]

    def before(self, comparison: Comparison) -> str:
        """Say that the version is measured again, and why what was stored is not used, if it is not."""
        numbers = self._numbers(comparison)
        unused = f", and the stored numbers are not used: {numbers}" if isinstance(numbers, str) else ""
        return f"The {self.side}, {self.name}, is {self.version.title}, measured again here{unused}."

    def after(self, comparison: Comparison) -> str | None:
        """Hold what was measured against what was stored, in a sentence; None where that is not used."""
        numbers = self._numbers(comparison)
        if isinstance(numbers, str):
            return None
        begin = (
            f"The numbers that {self.name} stored on {numbers.recorded_at[:10]}, on a machine like this one,"
        )
        try:
            rows = _deciding(drift(numbers, comparison, self.side), comparison)
        except BadInput as error:
            return f"{begin} are not used: {error}."
        if not rows:
            return f"{begin} have no gate or watch that was measured now."
        # How many there were stays true when blocks are added to the run later.
        then, now = (
            words.count(max(n), "start") for n in zip(*((r.then.n, r.now.n) for r in rows), strict=True)
        )
        heard = [row for row in rows if can_tell(row.then.n, row.now.n, len(rows))]
        if not heard:
            return f"{begin} do not tell drift: {then} of then beside {now} of this run are too few."
        changed = [row for row in heard if chance(row.then.values, row.now.values) * len(rows) < ERROR]
        those = f"{words.count(len(heard), 'gate or watch', 'gates and watches')} ({then} of then, {now} of this run)"
        if not changed:
            return f"{begin} differ from this run in none of {those} by more than chance: no drift shows."
        named = "; ".join(_told(row) for row in sorted(changed, key=_size, reverse=True)[:_SHOWN])
        more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        return (
            f"{begin} differ from this run, by more than chance makes of one day (an error of {ERROR:.0%} over all), "
            f"in {len(changed)} of {those}: {named}{more}. {self._blamed(numbers, comparison)} since; the "
            "verdict is of what was measured side by side alone."
        )

    def _numbers(self, comparison: Comparison) -> Baseline | str:
        """Give the numbers of this class of machines, or say why there are none to use."""
        for one in self.stored:
            if not_comparable(one, comparison.environment) is None:
                of_it = same_version(one, self.version)
                return one if of_it else f"those of this class of machines are of {one.title}"
        return not_comparable(self.version, comparison.environment) or ""

    def _blamed(self, numbers: Baseline, comparison: Comparison) -> str:
        then, now = numbers.provenance.commit, comparison.target(self.side).provenance.commit
        if then == now:
            return "The machine or the measurement has drifted"
        # A release is a name; the code that carries it out is the checkout's.
        of = f"commit {(then or 'unknown')[:12]} then, {(now or 'unknown')[:12]} now"
        return f"The machine, the measurement or the release's code ({of}) has changed"


def witnesses(names: tuple[str, str], repository: Path | None) -> tuple[Witness, ...]:
    """Give what is stored of the versions that are named by a stored result, base first; the others have nothing.

    Raises BadInput as finding the names does.
    """
    found = []
    for side, name in zip(SIDES, names, strict=True):
        if name.startswith(BASELINE):
            there = kept_baselines(name.removeprefix(BASELINE), repository)
            found.append(Witness(side, name, version_of(there), tuple(kept.baseline for kept in there)))
        elif name.startswith(RESULT):
            stored = stored_result(name.removeprefix(RESULT))
            found.append(Witness(side, name, stored, (stored,)))
    return tuple(found)


def _deciding(rows: tuple[Drift, ...], comparison: Comparison) -> list[Drift]:
    """Leave away what is evidence, and what is counted exactly and means the same on any day."""
    judging = [(m, w) for m, w, role in judged(comparison.workloads) if role != "evidence"]
    deciding = {(w.name, m.name) for m, w in judging if m.name not in EXACT}
    return [row for row in rows if (row.now.workload, row.now.metric) in deciding]


def _size(row: Drift) -> float:
    return abs(row.relative) if row.relative is not None else 0.0


def _told(row: Drift) -> str:
    title = f"{metric(row.now.metric).title} of {row.now.workload}"
    then, now = (words.quantity(one.median, one.unit) for one in (row.then, row.now))
    change = f" ({words.percent(row.relative, signed=True)})" if row.relative is not None else ""
    return f"{title} from {then} to {now}{change}"
