"""Messages that were acknowledged and are not in the log, or are there twice: counted, not estimated."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, LoadWindow, MetricVerdict, Verdict
from chronik_perf.stats import judge
from tests.builders import ACKS0, ACKS1, RAW, V220, a_comparison, with_load


def equals() -> Comparison:
    """Compare equals on acks=1 and acks=0."""
    return a_comparison(V220, V220, workloads=(ACKS1, RAW, ACKS0), histograms=False, evidence=False)


def once(comparison: Comparison, side: str, **changes: int) -> Comparison:
    """Change counts of the very first slice of one side, by differences."""
    first = comparison.blocks[0]
    start = first.base if side == "base" else first.candidate
    one = start.slices[0]
    load = replace(one.load, **{k: getattr(one.load, k) + v for k, v in changes.items()})
    start = replace(start, slices=(replace(one, load=load), *start.slices[1:]))
    block = replace(first, base=start) if side == "base" else replace(first, candidate=start)
    return replace(comparison, blocks=(block, *comparison.blocks[1:]))


def row(verdict: Verdict, workload: str = "acks1") -> MetricVerdict:
    """Give the row of the gap."""
    found = verdict.row("unstored", workload)
    assert found is not None
    return found


def test_nothing_missing_is_unchanged_and_says_of_how_many() -> None:
    """Where all is stored on both sides, the count is told and there is nothing to find."""
    verdict = judge(equals())
    assert row(verdict).word == "unchanged"
    assert "M messages acknowledged are stored, on both sides" in row(verdict).sentence
    assert verdict.findings == ()


def test_one_lost_message_of_the_candidate_is_a_regression() -> None:
    """One message in millions, acknowledged and not stored, is enough: it is counted."""
    verdict = judge(once(equals(), "candidate", stored=-1))
    assert row(verdict).word == "regressed"
    assert verdict.outcome == "regression"
    assert any("1 message acknowledged but not stored" in f for f in verdict.findings)


def test_a_message_stored_twice_is_a_regression_too() -> None:
    """More stored than acknowledged is a gap as well, and the sentence says which way it goes."""
    verdict = judge(once(equals(), "candidate", stored=+3))
    assert row(verdict).word == "regressed"
    assert "3 messages more than acknowledged are stored" in row(verdict).sentence


def test_a_gap_of_the_base_alone_is_an_improvement_and_a_finding() -> None:
    """A candidate that loses nothing improved on a base that did."""
    verdict = judge(once(equals(), "base", stored=-2))
    assert row(verdict).word == "improved"
    assert any("v2.2.0" in f and "not stored" in f for f in verdict.findings)


def test_gaps_on_both_sides_are_found_and_not_judged() -> None:
    """Where both lose messages the row gets no word, and both gaps are findings."""
    verdict = judge(once(once(equals(), "base", stored=-2), "candidate", stored=-1))
    assert row(verdict).word is None
    assert sum("not stored" in f for f in verdict.findings) == 2


def test_a_loss_in_one_slice_is_not_hidden_by_a_surplus_in_another() -> None:
    """Gaps are summed without their signs."""
    comparison = once(equals(), "candidate", stored=-5)
    second = comparison.blocks[1]
    one = second.candidate.slices[0]
    surplus = replace(one, load=replace(one.load, stored=one.load.stored + 5))
    candidate = replace(second.candidate, slices=(surplus, *second.candidate.slices[1:]))
    blocks = (comparison.blocks[0], replace(second, candidate=candidate), *comparison.blocks[2:])
    assert row(judge(replace(comparison, blocks=blocks))).word == "regressed"


def test_acks_0_is_held_against_what_was_sent() -> None:
    """Nothing is acknowledged at acks=0, so stored is compared with sent."""
    assert row(judge(equals()), "acks0").word == "unchanged"

    def lossy(load: LoadWindow) -> LoadWindow:
        return replace(load, stored=load.stored - 1) if load.response is None else load

    verdict = judge(with_load(equals(), "candidate", lossy))
    assert row(verdict, "acks0").word == "regressed"
    assert row(verdict, "acks1").word == "unchanged"
    assert any("sent but not stored" in f for f in verdict.findings)


@pytest.mark.parametrize("acks", [0, 1])
def test_a_message_that_the_client_reports_as_failed_is_not_lost_in_silence(acks: int) -> None:
    """A failed send was not promised: it is a finding of its own, and no gap."""

    def failing(load: LoadWindow) -> LoadWindow:
        timed = load.response is not None
        if timed != (acks == 1):
            return load
        return replace(load, sent=load.sent + 7, failed=7, errors=("the request timed out",))

    verdict = judge(with_load(equals(), "candidate", failing))
    assert row(verdict, "acks1" if acks else "acks0").word == "unchanged"
    assert any("failed: the request timed out" in f for f in verdict.findings)


def test_what_messages_failed_with_is_said_once_for_all_slices() -> None:
    """Given slices whose messages failed in two ways, each is told once with its number, the most frequent first."""
    numbers = itertools.count(1)

    def refused(load: LoadWindow) -> LoadWindow:
        n = next(numbers)
        errors = (
            f"{n} message{'s' * (n != 1)} failed: disk error",
            f"{2000 + n} messages failed: not the leader",
        )
        return replace(load, sent=load.sent + 2000 + 2 * n, failed=2000 + 2 * n, errors=errors)

    verdict = judge(with_load(a_comparison(blocks=2, workloads=(ACKS1,)), "candidate", refused))
    (told,) = [f for f in verdict.findings if "disk error" in f]
    slices = next(numbers) - 1
    disk, leader = slices * (slices + 1) // 2, 2000 * slices + slices * (slices + 1) // 2
    assert told.endswith(f"failed: {leader:,} of them: not the leader; {disk:,} of them: disk error.")


@pytest.mark.parametrize("spoilt", [1, 14], ids=["one block", "all blocks"])
def test_a_loss_in_a_discarded_block_is_a_regression_all_the_same(spoilt: int) -> None:
    """Given a block that counts for no estimate, a message lost in it is counted: it is lost whatever the host did."""
    comparison = once(equals(), "candidate", stored=-1)
    blocks = tuple(
        replace(b, discarded="the host was busy") if i < spoilt else b
        for i, b in enumerate(comparison.blocks)
    )
    verdict = judge(replace(comparison, blocks=blocks))
    assert row(verdict).word == "regressed"
    assert verdict.outcome == "regression"
    assert any("not stored" in f for f in verdict.findings)
