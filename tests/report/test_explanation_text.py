"""What `perf explain` says: which difference did it, and whether a claim holds, in a sentence."""

from __future__ import annotations

import pytest

from chronik_perf.model import Answer, Share
from chronik_perf.model.ablation import Account, Difference, Explained, Explanation
from chronik_perf.report import explanation_text
from chronik_perf.stats import judge
from tests.builders import ACKS1, V220, V227, a_comparison

WORKER = Difference("wal.worker", "notify", "altered")
SPAWN = Difference("raft.apply", "queue", "spawn")
ALL, NONE, OPEN = Share(0.97, 0.95, 0.99), Share(0.01, -0.02, 0.04), Share(0.4, 0.1, 0.9)


def said(*explained: Explained, claim: str | None = None) -> str:
    """Give the text of an explanation of the incident's loss, on one line."""
    comparison = a_comparison(V220, V227, blocks=12, workloads=(ACKS1,), evidence=False)
    row = judge(comparison).row("throughput", "acks1")
    assert row is not None
    account = Account("acks1", "throughput", row.effect, True, True, 12, explained, None)
    differences = tuple(one.difference for one in explained)
    explanation = Explanation(1, "v2.2.0", "v2.2.7", differences, claim, (account,), {}, "", 60.0, True)
    return " ".join(explanation_text.render(explanation, (ACKS1,)).split())


def share_of(difference: Difference, share: Share, answer: Answer) -> Explained:
    """Give a difference whose every share is the same."""
    return Explained(difference, share, share, share, answer)


def test_the_cause_and_what_is_none_are_told_in_numbers() -> None:
    """Given a worker that explains nearly all of the loss and a task that explains nothing, both are said."""
    told = said(share_of(WORKER, ALL, "most"), share_of(SPAWN, NONE, "little"))
    assert "wal.worker explains 97 % (95 to 99 %) of the loss" in told
    assert "putting it back to notify restores 97 % (95 to 99 %) of it" in told
    assert "raft.apply explains little or nothing" in told


@pytest.mark.parametrize(
    ("share", "answer", "word"),
    [(ALL, "most", "confirmed"), (NONE, "little", "contested"), (OPEN, "open", "open")],
)
def test_a_claim_is_confirmed_contested_or_open(share: Share, answer: Answer, word: str) -> None:
    """Given a claim of which all, nothing or neither is proven, a sentence says so, and what was restored."""
    told = said(share_of(SPAWN, share, answer), claim="raft.apply=spawn")
    assert f": the claim is {word}: putting raft.apply back to queue restores" in told
