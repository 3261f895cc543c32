"""Where the time went: the stage that grew, and whether CPU explains a loss."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chronik_perf.model import Unavailable
from chronik_perf.stats import ClientTime, LossAccount, StageAccount, judge, loss_account, stage_account
from tests.builders import ACKS1, RAW, V220, V227, a_comparison, with_slices


def test_the_incident_is_named_by_its_stage() -> None:
    """Waiting for commit grew, and explains the response time."""
    comparison = a_comparison(histograms=False, evidence=False)
    account = stage_account(comparison, judge(comparison), "acks1")
    assert isinstance(account, StageAccount)
    assert [s.stage for s in account.stages] == ["decode", "metadata", "append", "commit_wait", "reply"]
    assert account.grew_most is not None and account.grew_most.stage == "commit_wait"
    assert account.share_of_growth == pytest.approx((11.3 - 0.48) / (11.72 - 0.60), rel=0.02)
    assert account.sentence.startswith(
        "A batch now waits 11.3 ms for its commit instead of 0.48 ms; its growth is 98 % of the 11.1 ms"
    )


@pytest.mark.parametrize("workload", ["acks1", "raw"])
def test_stages_and_what_is_left_over_are_what_the_client_saw(workload: str) -> None:
    """Stage by stage the account adds up to the client's mean response time on both sides, and says what is left."""
    comparison = a_comparison(histograms=False, evidence=False)
    account = stage_account(comparison, judge(comparison), workload)
    assert isinstance(account, StageAccount) and isinstance(account.client, ClientTime)
    client = account.client
    stages = [sum(getattr(s, side) for s in account.stages) for side in ("base_ms", "candidate_ms")]
    assert client.stages_ms == pytest.approx(stages)
    for stage_ms, left_ms, seen_ms in zip(stages, client.left_over_ms, client.response_ms, strict=True):
        assert stage_ms + left_ms == pytest.approx(seen_ms)
    # means of the log-normal distributions that the clients of these versions saw
    for seen_ms, does in zip(client.response_ms, (V220[workload], V227[workload]), strict=True):
        sigma = math.log(does.p99_ms / does.p50_ms) / 2.3263
        assert seen_ms == pytest.approx(does.p50_ms * math.exp(sigma**2 / 2), rel=0.03)
    assert f"{client.left_over_ms[1]:.3g} ms of it no stage accounts for" in client.sentence


def test_time_that_only_the_client_saw_is_left_over_and_told_from_noise() -> None:
    """Replies that come later while no stage of the broker grew are left over, and told from noise."""
    slow = {"acks1": replace(V220["acks1"], p50_ms=5.0, p99_ms=7.0)}
    comparison = a_comparison(V220, slow, workloads=(ACKS1,), histograms=False, evidence=False)
    account = stage_account(comparison, judge(comparison), "acks1")
    assert isinstance(account, StageAccount) and isinstance(account.client, ClientTime)
    assert account.grew_most is None
    assert account.client.told_from_noise
    assert account.client.left_over_ms[1] - account.client.left_over_ms[0] == pytest.approx(4.5, rel=0.1)


def test_without_acknowledgements_there_is_nothing_to_add_up_to() -> None:
    """At acks=0 the stages are told, and the client's response time is unavailable with the reason."""
    comparison = a_comparison(histograms=False, evidence=False)
    account = stage_account(comparison, judge(comparison), "acks0")
    assert isinstance(account, StageAccount) and isinstance(account.client, Unavailable)
    assert "acks=0 has no acknowledgement to time" in account.client.reason


def test_of_equals_no_stage_grew() -> None:
    """A stage that grew by noise is not named."""
    comparison = a_comparison(V220, V220, histograms=False, evidence=False)
    account = stage_account(comparison, judge(comparison), "acks1")
    assert isinstance(account, StageAccount)
    assert account.grew_most is None and account.share_of_growth is None
    assert account.sentence.startswith("No stage of a produce grew by more than noise")


def test_a_stage_that_grew_in_some_blocks_and_shrank_in_others_is_not_named() -> None:
    """A mean that is larger is not enough: the interval over blocks must exclude no change."""
    comparison = a_comparison(V220, V220, histograms=False, evidence=False)
    name, blocks = "stage_commit_wait_s", []
    for block in comparison.blocks:
        factor = 1.6 if block.index % 2 else 0.7
        slices = tuple(
            replace(s, telemetry={**s.telemetry, name: s.telemetry[name] * factor})
            for s in block.candidate.slices
        )
        blocks.append(replace(block, candidate=replace(block.candidate, slices=slices)))
    comparison = replace(comparison, blocks=tuple(blocks))
    account = stage_account(comparison, judge(comparison), "acks1")
    assert isinstance(account, StageAccount)
    assert max(s.growth_ms for s in account.stages) > 0.05
    assert account.grew_most is None


def test_a_broker_without_stages_has_no_account() -> None:
    """Without telemetry the account is unavailable, with the reason."""
    comparison = a_comparison(histograms=False, evidence=False)
    for side in ("base", "candidate"):
        comparison = with_slices(comparison, side, lambda s: replace(s, telemetry={}))  # type: ignore[arg-type]
    account = stage_account(comparison, judge(comparison), "acks1")
    assert isinstance(account, Unavailable)
    assert account.reason.endswith("no metrics that perf knows were read of the broker")


def test_cpu_does_not_explain_a_wait() -> None:
    """v2.2.7 at acks=1: CPU grew by 3 µs a message, the time per message by 87 µs."""
    account = loss_account(judge(a_comparison(histograms=False, evidence=False)), "acks1")
    assert isinstance(account, LossAccount)
    assert account.share is not None and account.share < 0.1
    assert account.cpu_us[1] - account.cpu_us[0] == pytest.approx(3.3, abs=0.1)
    assert account.wall_us[1] - account.wall_us[0] == pytest.approx(87, abs=1)
    # and both intervals together leave it at little
    assert account.share_bounds is not None
    assert 0 < account.share_bounds[0] < account.share < account.share_bounds[1] < 0.1


def test_cpu_explains_a_loss_that_it_caused() -> None:
    """A broker whose core is full and whose CPU per message doubled lost its throughput to CPU."""
    heavy = {"raw": replace(V220["raw"], msgs_per_s=91e3 / 2, cpu_us_per_message=9.2 + 11.0)}
    account = loss_account(
        judge(a_comparison(V220, heavy, workloads=(RAW,), histograms=False, evidence=False)), "raw"
    )
    assert isinstance(account, LossAccount)
    assert account.share == pytest.approx(1.0, abs=0.1)
    assert account.share_bounds is not None
    assert 0.5 < account.share_bounds[0] < account.share < account.share_bounds[1] < 2


def test_cpu_that_is_used_after_the_load_is_told_apart() -> None:
    """CPU per message that grew by more than the time per message was not all in the way of the load."""
    later = {"raw": replace(V220["raw"], msgs_per_s=91e3 / 2, cpu_us_per_message=9.2 + 22.0)}
    comparison = a_comparison(V220, later, workloads=(RAW,), histograms=False, evidence=False)
    account = loss_account(judge(comparison), "raw")
    assert isinstance(account, LossAccount)
    assert account.share_bounds is not None
    assert account.share_bounds[0] > 1


def test_without_a_certain_loss_there_is_nothing_to_explain() -> None:
    """Equals lost nothing, and an improvement lost nothing either."""
    faster = {"acks1": replace(V220["acks1"], msgs_per_s=300e3)}
    for candidate in (V220, faster):
        comparison = a_comparison(V220, candidate, workloads=(ACKS1,), histograms=False, evidence=False)
        account = loss_account(judge(comparison), "acks1")
        assert isinstance(account, LossAccount)
        assert account.share is None and account.share_bounds is None


def test_without_cpu_there_is_no_account_of_it() -> None:
    """CPU that could not be read explains nothing, with the reason."""
    comparison = with_slices(
        a_comparison(histograms=False, evidence=False),
        "base",
        lambda s: replace(s, broker_cpu_s=Unavailable("no schedstat")),
    )
    account = loss_account(judge(comparison), "acks1")
    assert isinstance(account, Unavailable)
    assert "no schedstat" in account.reason
