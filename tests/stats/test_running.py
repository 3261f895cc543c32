"""A comparison with a broker that ran already: what decides it, and what its findings say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, Slice, Start, Target, Unavailable
from chronik_perf.report import html, text
from chronik_perf.stats import judge
from chronik_perf.stats.planning.thresholds import is_aa
from tests.builders import Noise, a_pair_of_equals

NOT_STARTED = Unavailable("perf did not start this broker")


def unseen(start: Start) -> Start:
    """Give a start of which only the client's side is known."""

    def bare(one: Slice) -> Slice:
        return replace(
            one,
            broker_cpu_s=NOT_STARTED,
            quiet_s=NOT_STARTED,
            rss_before_bytes=NOT_STARTED,
            rss_after_bytes=NOT_STARTED,
            telemetry={},
        )

    return replace(start, config={}, slices=tuple(bare(one) for one in start.slices))


def found(target: Target, address: str) -> Target:
    return replace(target, name=f"kafka://{address}", argv=(), config={}, address=address)


@pytest.fixture(scope="module")
def started() -> Comparison:
    return a_pair_of_equals(blocks=24, histograms=False, evidence=False, noise=Noise(), seed=3)


@pytest.fixture(scope="module")
def running(started: Comparison) -> Comparison:
    """Two equal brokers that ran already."""
    return replace(
        started,
        base=found(started.base, "127.0.0.1:9092"),
        candidate=found(started.candidate, "127.0.0.1:9093"),
        blocks=tuple(replace(b, base=unseen(b.base), candidate=unseen(b.candidate)) for b in started.blocks),
    )


def test_what_could_never_be_measured_decides_nothing(started: Comparison, running: Comparison) -> None:
    """Given equals of which no CPU is known, CPU per message is no gate, and the outcome is as without it."""
    assert judge(started).outcome == "none"
    verdict = judge(running)
    assert verdict.outcome == "none"
    row = verdict.row("cpu_per_message", "raw")
    assert row is not None and row.role == "evidence" and row.effect is None
    assert "perf did not start this broker" in row.why
    throughput = verdict.row("throughput", "raw")
    assert throughput is not None and throughput.word == "unchanged"


def test_a_started_side_does_not_make_cpu_a_gate(started: Comparison, running: Comparison) -> None:
    """Given one side that perf started, CPU per message of it alone is compared with nothing and decides nothing."""
    mixed = replace(
        started,
        candidate=running.candidate,
        blocks=tuple(replace(b, candidate=unseen(b.candidate)) for b in started.blocks),
    )
    verdict = judge(mixed)
    assert verdict.outcome == "none"
    assert "while v2.2.0 was started afresh for each block" in verdict.findings[0]
    # What the other was set to nobody told, so nothing of the configuration is said to differ.
    assert "configuration that differs" not in text.render(mixed, verdict)
    assert "not known" in html.render(mixed, verdict)


def test_that_nobody_watched_is_not_that_it_never_rested(running: Comparison) -> None:
    """Given slices without a known rest, no broker is accused of working on; that it was not watched is said once."""
    findings = judge(running).findings
    assert findings[0].startswith("Each side is one broker process that ran already")
    assert sum("was not watched" in f for f in findings) == 1
    assert not [f for f in findings if "did not come to rest" in f]


def test_its_disk_is_not_taken_for_ours(started: Comparison, running: Comparison) -> None:
    """Given a bare sync here that is slower than any response, only a started broker is said not to wait for it."""

    def on_a_slow_disk(comparison: Comparison) -> Comparison:
        slow = replace(comparison.blocks[0].canaries_before, fdatasync_ms=1e4)
        blocks = (replace(b, canaries_before=slow, canaries_after=slow) for b in comparison.blocks)
        bare = (
            replace(b, base=without_metrics(b.base), candidate=without_metrics(b.candidate)) for b in blocks
        )
        return replace(comparison, blocks=tuple(bare))

    def without_metrics(start: Start) -> Start:
        return replace(start, slices=tuple(replace(s, telemetry={}) for s in start.slices))

    assert [f for f in judge(on_a_slow_disk(started)).findings if "on the same disk" in f]
    assert not [f for f in judge(on_a_slow_disk(running)).findings if "on the same disk" in f]


def test_one_process_teaches_nothing_about_starts(started: Comparison, running: Comparison) -> None:
    """Given one running broker on both sides, it is named an A/A of the process, and no threshold is learnt from it."""
    one = replace(running, candidate=running.base)
    assert "an A/A of this process" in judge(one).findings[0]
    assert is_aa(started)
    assert not is_aa(one)
