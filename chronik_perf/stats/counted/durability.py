"""Whether acknowledgements wait for the disk, as acks=1 of a broker that syncs promises; told of each side by itself.

A batch whose commit is synced before it is acknowledged has waited for that sync, whole. So where the broker tells
both, the mean wait for a commit is at least the mean time of a sync. Where it does not, a median response far below
what a bare write and fdatasync takes on the same disk, in the same block, says the same from outside.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from chronik_perf.model import SIDES, Comparison, Side, Workload, known, metric
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.own.units import has_changed_units

# A sync under load may be quicker than a bare one; half of it is not.
FAR_BELOW = 0.5
LEAST_BLOCKS, NEARLY_ALL = 5, 0.9

_Times = list[tuple[float, float]]


def hasty_acknowledgements(comparison: Comparison) -> Iterator[str]:
    """Say of each side and workload with acknowledgements that they came before a sync could have ended."""
    yield from (sentence for _, sentence in _hasty(comparison))


def is_hasty(comparison: Comparison, side: Side) -> bool:
    """Tell whether that is said of a side."""
    return any(found == side for found, _ in _hasty(comparison))


def _hasty(comparison: Comparison) -> Iterator[tuple[Side, str]]:
    for workload in comparison.workloads:
        if workload.acks == 0:
            continue
        for side in SIDES:
            said = _said(comparison, side, workload)
            if said:
                yield side, f"{name_of(comparison, side)} with {workload.title} acknowledges {said}"


def _said(comparison: Comparison, side: Side, workload: Workload) -> str:
    """Give how early one side acknowledges; empty where that is not known or it waits."""
    told = _told_by_broker(comparison, side, workload)
    if told:
        if not _nearly_all(told, 1.0):
            return ""
        wait_ms, sync_ms = _medians(told)
        return (
            f"before it has synced: a batch waits {wait_ms} ms for its commit, and a sync takes {sync_ms} ms in the "
            "same broker. A crash could lose what it acknowledged."
        )
    if comparison.target(side).runs_already:  # its disk need not be the one that was synced here
        return ""
    seen = _seen_from_outside(comparison, side, workload)
    if not _nearly_all(seen, FAR_BELOW):
        return ""
    p50_ms, sync_ms = _medians(seen)
    return (
        f"in {p50_ms} ms (median), and a bare write and fdatasync takes {sync_ms} ms on the same disk: its "
        "acknowledgements do not wait for the disk."
    )


def _medians(times: _Times) -> tuple[str, str]:
    one, other = (words.number(statistics.median(x)) for x in zip(*times, strict=True))
    return one, other


def _nearly_all(times: _Times, factor: float) -> bool:
    below = sum(one < factor * other for one, other in times)
    return len(times) >= LEAST_BLOCKS and below >= NEARLY_ALL * len(times)


def _told_by_broker(comparison: Comparison, side: Side, workload: Workload) -> _Times:
    """Give (wait for the commit, time of a sync) of each kept block, in ms, as the broker tells them in one unit."""
    found: _Times = []
    if has_changed_units(comparison, workload.name, (metric("stage_commit_wait"), metric("sync_time"))):
        return found
    for block in comparison.kept_blocks:
        wait, sync = (
            known(metric(name).take(block.side(side), workload.name))
            for name in ("stage_commit_wait", "sync_time")
        )
        if wait is not None and sync is not None and sync > 0:
            found.append((wait, sync))
    return found


def _seen_from_outside(comparison: Comparison, side: Side, workload: Workload) -> _Times:
    """Give (median response, the quicker bare sync) of each kept block, in ms."""
    found: _Times = []
    for block in comparison.kept_blocks:
        p50 = known(metric("p50").take(block.side(side), workload.name))
        bare = [known(c.fdatasync_ms) for c in (block.canaries_before, block.canaries_after)]
        syncs = [ms for ms in bare if ms is not None]
        if p50 is not None and syncs:
            found.append((p50, min(syncs)))
    return found
