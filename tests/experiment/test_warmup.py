"""Warm-ups of real brokers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

from chronik_perf.experiment import choose_place, default_workloads
from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.plan import QUICK_BUDGET
from chronik_perf.experiment.rig import Rig
from chronik_perf.experiment.slices import run_load
from chronik_perf.experiment.warmup import LEAST, WINDOW_S, warm_up
from chronik_perf.load import log_end_offsets
from chronik_perf.network import Network
from chronik_perf.targets import resolve

(ACKS0,) = default_workloads(quick=False, names=("acks0",))


def test_a_slow_broker_is_sent_no_more_than_it_stores(tmp_path: Path) -> None:
    """Given acks=0 and a broker that decodes many times, the windows after the first are bounded by what is stored."""
    place = choose_place(tmp_path / "data", tmp_path / "logs", (ACKS0,), allow_tmpfs=True, clients={})
    slow = resolve("v2.2.0", {"fault.double_decode": "8"})
    runner = BlockRunner({"base": slow, "candidate": slow}, (ACKS0,), place, QUICK_BUDGET)
    stored: list[tuple[int, int]] = []

    def watch(rig: Rig, others: Sequence[Rig]) -> None:
        if stored:
            return  # the other side is the same broker again
        # Before and after: a machine that is busy for a moment is so on one side of the warm-up alone.
        unbounded = [run_load(rig, ACKS0, WINDOW_S).stored for _ in range(3)]
        before = _end(rig)
        warm_up(rig, others, ACKS0)
        after = _end(rig)
        unbounded += [run_load(rig, ACKS0, WINDOW_S).stored for _ in range(3)]
        stored.append((max(unbounded), after - before))

    def leave(_rig: Rig, _network: Network) -> None:
        pass

    runner.watched(1, Random(7), (), watch, leave)
    ((unbounded, warmed),) = stored
    # The first window of a warm-up cannot know; without a bound LEAST of them at least would store as much each.
    assert warmed < (LEAST - 1) * unbounded


def _end(rig: Rig) -> int:
    return sum(log_end_offsets(f"{rig.broker.host}:{rig.broker.port}", rig.topic_names[0]).values())
