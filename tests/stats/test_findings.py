"""What a reader is told beside the numbers, and that a clean run is told nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Block, Comparison, Pilot, Start, Unavailable
from chronik_perf.stats import judge
from tests.builders import ACKS1, RAW, V220, a_comparison, a_target, canaries, with_load, with_starts


def equals() -> Comparison:
    """Compare equals on both acks=1 workloads."""
    return a_comparison(V220, V220, workloads=(ACKS1, RAW), histograms=False, evidence=False)


def block(comparison: Comparison, index: int, **changes: object) -> Comparison:
    """Change one block."""
    blocks = tuple(
        replace(b, **changes) if b.index == index else b  # type: ignore[arg-type]
        for b in comparison.blocks
    )
    return replace(comparison, blocks=blocks)


def found(comparison: Comparison, text: str) -> list[str]:
    """Give the findings that hold a text."""
    return [f for f in judge(comparison).findings if text in f]


def test_a_clean_run_has_no_findings() -> None:
    """Nothing is found where nothing is wrong."""
    assert judge(equals()).findings == ()


@pytest.mark.parametrize("where", ["canaries_before", "canaries_after"])
def test_a_canary_that_moves_names_the_block(where: str) -> None:
    """A canary twice as slow, before or after, says in which block the machine moved."""
    told = found(block(equals(), 3, **{where: canaries(2.1)}), "The machine moved in block 3")
    assert len(told) == 3  # the sync, the CPU loop and the echo
    assert any("a CPU loop" in t and "took from 8 to 16.8 ms (usually 8" in t for t in told)


def test_a_canary_within_its_noise_is_not_named() -> None:
    """A few percent are what a quiet machine shows."""
    assert found(block(equals(), 3, canaries_before=canaries(1.05)), "machine moved") == []


def test_a_canary_that_could_not_be_read_is_left_out() -> None:
    """An unavailable canary is no move and no crash."""
    gone = replace(canaries(), cpu_loop_ms=Unavailable("no clock"))
    comparison = equals()
    for index in range(14):
        comparison = block(comparison, index, canaries_before=gone, canaries_after=gone)
    assert found(comparison, "machine moved") == []


def test_unsteadiness_of_one_side_alone_is_found() -> None:
    """Starts that never became steady on one side only may be a leak."""

    def unsteady(start: Start) -> Start:
        return replace(start, steady={"acks1": False, "raw": True})

    one_sided = with_starts(equals(), "candidate", unsteady)
    told = found(one_sided, "not steady")
    assert len(told) == 1
    assert "v2.2.7" in told[0] and "14 of 14 starts" in told[0] and "v2.2.0 in none" in told[0]
    assert found(with_starts(one_sided, "base", unsteady), "not steady") == []


def test_a_discarded_block_is_told_with_its_reason_and_counts_for_nothing() -> None:
    """What is discarded is discarded as a block, shown, and not in any effect."""
    comparison = block(equals(), 2, discarded="a backup began")
    assert found(comparison, "Block 2 was discarded and counts for no estimate: a backup began.")
    row = judge(comparison).row("throughput", "acks1")
    assert row is not None and row.effect is not None
    assert row.effect.blocks == 13
    assert [i for i, _, _ in row.per_block] == [0, 1, *range(3, 14)]


def test_a_dirty_tree_is_told_loudly() -> None:
    """A commit does not say what was measured if the tree had uncommitted changes."""
    assert found(replace(equals(), candidate=a_target("v2.2.7", dirty=True)), "uncommitted changes")
    assert not found(replace(equals(), candidate=a_target("v2.2.7", dirty=None)), "uncommitted changes")
    both = replace(equals(), base=a_target("v2.2.0", dirty=True), candidate=a_target("v2.2.7", dirty=True))
    assert len(found(both, "v2.2.0 and v2.2.7 came from a tree with uncommitted changes")) == 1


def test_a_long_name_is_not_repeated_in_every_sentence() -> None:
    """A version with overrides in its name is called by its side."""
    name = "v2.2.0 with wal.worker=altered, wal.profile=medium, wal.commit_sleep_ms=1.0"
    comparison = replace(equals(), candidate=a_target(name, dirty=True))
    assert found(comparison, "The candidate came from a tree with uncommitted changes")


def test_a_slice_of_few_round_trips_is_told() -> None:
    """Below 20 round trips the ends of a slice weigh in its throughput."""
    slow = {"acks1": replace(V220["acks1"], msgs_per_s=4e3, p50_ms=32.0, p99_ms=40.0)}
    comparison = a_comparison(V220, slow, workloads=(ACKS1,), histograms=False, evidence=False)
    told = found(comparison, "round trips")
    assert len(told) == 1
    assert "9 round trips of v2.2.7" in told[0]


def test_notes_of_starts_and_blocks_are_told_once_with_their_blocks() -> None:
    """A broker that had to be killed is named, with the side and the blocks in which it was."""

    def killed(start: Start) -> Start:
        return replace(start, notes=("killed after 5 s of grace",))

    comparison = block(
        with_starts(equals(), "candidate", killed), 1, notes=("the other broker never rested",)
    )
    told = found(comparison, "killed after 5 s of grace")
    assert told == ["v2.2.7 in 14 blocks: killed after 5 s of grace."]
    assert found(comparison, "In block 1: the other broker never rested.")


def test_latencies_that_were_not_recorded_are_told() -> None:
    """A histogram that holds fewer than were acknowledged misses some."""
    comparison = with_load(
        equals(),
        "base",
        lambda x: replace(
            x, response=replace(x.response, recorded=x.response.recorded - 10) if x.response else None
        ),
    )
    assert found(comparison, "the percentiles miss some")


def test_alternated_starts_are_told() -> None:
    """Where slices could not be interleaved the reader knows."""
    assert found(block(equals(), 0, interleaved=False), "whole starts alternated")


def test_who_goes_on_working_when_its_load_has_stopped_is_named() -> None:
    """Given a trial after which one side never came to rest, that side is named with the workload; else nobody is."""
    assert not found(equals(), "not seen to rest")
    pilots = (
        Pilot(
            "acks1",
            (1.0, 1.0),
            (0.0, Unavailable("still at work 2 s after its load had stopped")),
            0.1,
            False,
        ),
    )
    (told,) = found(replace(equals(), pilots=pilots), "not seen to rest")
    assert told == (
        "v2.2.7 was not seen to rest when its load had stopped (acks1: still at work 2 s after its load had stopped)."
    )


def test_an_unfinished_run_is_told_and_its_intervals_hold() -> None:
    """Whoever stopped it may have seen the estimate, which the bets allow: the words are those of a whole run."""
    whole, stopped = equals(), replace(equals(), complete=False)
    assert found(stopped, "not complete (14 blocks so far)")
    assert judge(whole).rows == judge(stopped).rows


def test_equal_names_are_told_apart() -> None:
    """Where a version is compared with itself, findings say which side is meant."""
    comparison = a_comparison(
        V220, V220, names=("v2.2.0", "v2.2.0"), workloads=(ACKS1,), histograms=False, evidence=False
    )
    comparison = with_starts(comparison, "candidate", lambda s: replace(s, notes=("killed",)))
    assert found(comparison, "v2.2.0 (candidate) in 14 blocks")


def test_findings_do_not_make_words() -> None:
    """Moved canaries and notes leave every word as it was."""
    noted: Block = replace(equals().blocks[0], canaries_before=canaries(3.0), notes=("odd",))
    comparison = replace(equals(), blocks=(noted, *equals().blocks[1:]))
    assert [r.word for r in judge(comparison).rows] == [r.word for r in judge(equals()).rows]


def test_a_broker_that_did_not_come_to_rest_is_told() -> None:
    """Given a slice after which the broker still worked, a finding says so, and why CPU is not whole there."""
    comparison = a_comparison(blocks=4, histograms=False, evidence=False)
    block = comparison.blocks[0]
    first, *others = block.candidate.slices
    restless = replace(first, quiet_s=Unavailable("still at work 10 s after its load had stopped"))
    start = replace(block.candidate, slices=(restless, *others))
    told = replace(comparison, blocks=(replace(block, candidate=start), *comparison.blocks[1:]))
    assert any("did not come to rest" in f and "candidate" in f for f in judge(told).findings)
    assert not any("did not come to rest" in f for f in judge(comparison).findings)
