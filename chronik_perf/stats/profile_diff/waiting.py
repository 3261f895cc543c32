"""Where the threads of both sides wait, by kind: in µs per 1,000 stored messages, with the start as the unit.

The rules are those of frames: a change is told against what starts differ by, the false discovery rate is held over all
rows, and what has too few looks, or too few starts, is grey.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chronik_perf.model import RUNS, Profile, Unavailable, Waits
from chronik_perf.stats.profile_diff import significance
from chronik_perf.stats.profile_diff.figures import Interval
from chronik_perf.stats.profile_diff.moves import State, way
from chronik_perf.stats.profile_diff.starts import Starts, gathered
from chronik_perf.stats.profile_diff.tree import LEAST_SAMPLES

# A thread that is seen in one state so often on both sides does nothing else: its time only measures the window.
THROUGHOUT = 0.98

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WaitChange:
    """One thread in one kind of state on both sides: µs per 1,000 stored messages, and its share of that thread's time.

    `interval_us` is the change with 95 % confidence, None without enough starts; `state` is grey, grew or shrank.
    """

    thread: str
    kind: str
    base_us: float
    candidate_us: float
    base_share: float
    candidate_share: float
    state: State
    interval_us: Interval | None

    @property
    def delta_us(self) -> float:
        """Candidate less base."""
        return self.candidate_us - self.base_us

    @property
    def waits(self) -> bool:
        """Tell whether it is a wait, and not work."""
        return self.kind != RUNS

    @property
    def grey(self) -> bool:
        """Tell whether it cannot be told from what starts differ by."""
        return self.state == "grey"


@dataclass(frozen=True, slots=True)
class Waiting:
    """What threads do besides being in one state all the time (those are `throughout`), the largest change first."""

    rows: tuple[WaitChange, ...]
    throughout: tuple[str, ...]


def waiting(base: Sequence[Profile], candidate: Sequence[Profile]) -> Waiting | Unavailable:
    """Compare where threads waited in wall profiles of one workload, each of a start of its own.

    Unavailable with the reason where a side has none. Raises ValueError if workloads or kinds differ.
    """
    reasons: list[str] = []
    sides = [[p for p in side if _looked(p, reasons)] for side in (base, candidate)]
    if not all(sides):
        return Unavailable(reasons[0] if reasons else "a side has no wall profile")
    starts = gathered(*sides)
    if not (starts.base and starts.candidate):
        return Unavailable(starts.notes[0])
    looks = [p.waits for p in starts.profiles if isinstance(p.waits, Waits)]
    us = [w.window_s / w.looks * 1e9 / w.stored for w in looks]
    starts = dataclasses.replace(starts, us=np.array(us, dtype=np.float64))
    keys = sorted({key for w in looks for key in w.seen})
    counts = np.array([[w.seen.get(key, 0) for w in looks] for key in keys], dtype=np.int64)
    threads = [key.rpartition(";")[0] for key in keys]
    totals = {t: counts[[i for i, one in enumerate(threads) if one == t]].sum(axis=0) for t in threads}
    throughout = _alone(keys, threads, counts, totals, starts)
    moving = [i for i, t in enumerate(threads) if t not in {thread for thread, _ in throughout}]
    rows = _rows([keys[i] for i in moving], counts[moving], totals, starts)
    return Waiting(
        tuple(sorted(rows, key=lambda r: (r.grey, -abs(r.delta_us)))),
        tuple(f"{thread} ({kind})" for thread, kind in throughout),
    )


def _looked(profile: Profile, reasons: list[str]) -> bool:
    if isinstance(profile.waits, Unavailable):
        reasons.append(f"{profile.side}: {profile.waits.reason}")
        return False
    if profile.waits.stored <= 0:
        reasons.append(f"{profile.side}: nothing was stored while its threads were looked at")
        return False
    if profile.waits.looks == 0:
        reasons.append(f"{profile.side}: no look at its threads was whole")
        return False
    return True


def _alone(
    keys: list[str], threads: list[str], counts: Counts, totals: dict[str, Counts], starts: Starts
) -> list[tuple[str, str]]:
    """Give the threads that were in one state on both sides, and in which."""
    found = []
    for key, thread, row in zip(keys, threads, counts, strict=True):
        shares = _shares(row, totals[thread], starts)
        # A thread that only one side has is a change, whatever it does.
        if min(shares) >= THROUGHOUT:
            found.append((thread, key.rpartition(";")[2]))
    return found


def _shares(row: Counts, total: Counts, starts: Starts) -> tuple[float, float]:
    """Give both sides' shares of a thread's time; 0 where a side has no such thread."""
    parts, wholes = starts.samples(row.tolist()), starts.samples(total.tolist())
    base, candidate = (part / whole if whole else 0.0 for part, whole in zip(parts, wholes, strict=True))
    return base, candidate


def _rows(keys: list[str], counts: Counts, totals: dict[str, Counts], starts: Starts) -> list[WaitChange]:
    if not keys:
        return []
    base_us, candidate_us = starts.means(counts * starts.us)
    states: list[State] = ["grey"] * len(keys)
    intervals: list[Interval | None] = [None] * len(keys)
    if min(starts.base, starts.candidate) >= significance.LEAST_STARTS:
        whole = np.asarray(sum(totals.values()), dtype=np.int64)
        tested = significance.changes(counts, starts, significance.learnt(counts, whole, starts))
        enough = counts.sum(axis=1) >= LEAST_SAMPLES
        found = np.zeros(len(keys), dtype=np.bool_)
        found[enough] = significance.discoveries(tested.p[enough])[0]
        low, high = tested.intervals()
        for i in map(int, np.flatnonzero(enough)):
            intervals[i] = (float(low[i]), float(high[i]))
            states[i] = way(float(tested.delta_us[i]) * bool(found[i]))
    rows = []
    for i, key in enumerate(keys):
        thread, _, kind = key.rpartition(";")
        shares = _shares(counts[i], totals[thread], starts)
        rows.append(
            WaitChange(
                thread, kind, float(base_us[i]), float(candidate_us[i]), *shares, states[i], intervals[i]
            )
        )
    return rows
