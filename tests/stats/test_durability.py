"""An acknowledgement that is faster than the disk is told, with or without the broker's own word."""

from __future__ import annotations

import dataclasses

import pytest

from chronik_perf.model import Comparison
from chronik_perf.stats import judge
from tests.builders import V220, Noise, a_comparison

ACKS1 = V220["acks1"]


def compared(**changes: object) -> Comparison:
    does = {**V220, "acks1": dataclasses.replace(ACKS1, **changes)}  # type: ignore[arg-type]
    return a_comparison(V220, does, blocks=8, histograms=False, evidence=False, noise=Noise(), seed=3)


def told(comparison: Comparison) -> list[str]:
    return [f for f in judge(comparison).findings if "acknowledges" in f]


def without_stages(comparison: Comparison) -> Comparison:
    """Take the broker's own metrics away, as of a broker that has none."""
    blocks = []
    for block in comparison.blocks:
        sides = {
            side: dataclasses.replace(
                start, slices=tuple(dataclasses.replace(s, telemetry={}) for s in start.slices)
            )
            for side, start in (("base", block.base), ("candidate", block.candidate))
        }
        blocks.append(dataclasses.replace(block, **sides))
    return dataclasses.replace(comparison, blocks=tuple(blocks))


def test_a_commit_that_ends_before_its_sync_is_told() -> None:
    """Given a candidate whose batches wait less for their commit than a sync takes, the finding names it alone."""
    hasty = compared(stage_ms={**ACKS1.stage_ms, "commit_wait": 0.2})
    (sentence,) = told(hasty)
    assert "acknowledges before it has synced" in sentence
    assert told(compared()) == []


def test_a_broker_without_metrics_is_held_against_the_bare_disk() -> None:
    """Given no metrics and a median response far below a bare sync, both sides are told; an honest one is not."""
    bare_ms = 0.4
    slow_disk = without_stages(compared())
    blocks = tuple(
        dataclasses.replace(
            block,
            canaries_before=dataclasses.replace(block.canaries_before, fdatasync_ms=bare_ms * 10),
            canaries_after=dataclasses.replace(block.canaries_after, fdatasync_ms=bare_ms * 10),
        )
        for block in slow_disk.blocks
    )
    assert told(slow_disk) == []
    found = told(dataclasses.replace(slow_disk, blocks=blocks))
    assert len(found) == 2 * sum(w.acks != 0 for w in slow_disk.workloads)
    assert "do not wait for the disk" in found[0]


@pytest.mark.parametrize("blocks", [1, 4])
def test_few_blocks_tell_nothing(blocks: int) -> None:
    """Given fewer than five blocks, a short wait may be chance and is not told."""
    hasty = compared(stage_ms={**ACKS1.stage_ms, "commit_wait": 0.2})
    assert told(dataclasses.replace(hasty, blocks=hasty.blocks[:blocks])) == []
