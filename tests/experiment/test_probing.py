"""What real brokers tell beside their load: a sound one, and one with faults that no load shows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from chronik_perf.experiment import choose_place, default_workloads
from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.evidence.left import ENOUGH_DELETED, TOO_SLOW
from chronik_perf.experiment.evidence.probe_profiles import (
    can_be_profiled_from_its_start,
    of_a_restart,
    of_a_stop,
    while_asked,
    while_connected,
)
from chronik_perf.experiment.evidence.probing import answers
from chronik_perf.experiment.evidence.restart import started_again
from chronik_perf.experiment.evidence.stage_watch import StageWatch
from chronik_perf.experiment.plan import QUICK_BUDGET
from chronik_perf.experiment.rig import Rig
from chronik_perf.experiment.slices import run_load
from chronik_perf.load.asking import COME_AND_GO
from chronik_perf.load.asking.holding import TOO_BUSY
from chronik_perf.model import (
    ASKED,
    CONNECTED,
    PROBED,
    RESTARTED,
    STOPPED,
    Measured,
    ProbeName,
    Side,
)
from chronik_perf.network import Network
from chronik_perf.sut import BrokerProcess
from chronik_perf.targets import resolve

Told = dict[Side, tuple[dict[ProbeName, Measured], dict[str, str], dict[ProbeName, dict[str, float]]]]
FAULTS = {
    "fault.recovery": "1",
    "fault.completion_order": "1",
    "fault.index_lost": "1",
    "fault.fetch_polling": "5",  # on a busy machine a look is seldom sampled
    "fault.joined_reads": "100",
    "fault.metadata_scan": "50",
    "fault.shadow_log": "1",
    "fault.slow_stop": "2",
    "fault.partition_scan": "1000",
    "fault.recompressed": "1",
    "fault.producer_sync": "20",
    "fault.woken_in_turn": "5",
    "fault.unclosed": "1",
    "fault.buffers": "2",
    "fault.all_acks": "20",
    "fault.slow_scrape": "0.3",
    "fault.undeleted": "1",
    "fault.topic_buffers": "1",
    "fault.preallocated": "1",
}
(RAW,) = default_workloads(quick=True, names=("raw",))


pytestmark = pytest.mark.timeout(400)  # eight starts, and all that is asked, are the first test's


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Probe v2.2.0 beside itself with faults that no load shows, after some load."""
    folder = tmp_path_factory.mktemp("probed")
    place = choose_place(folder / "data", folder / "logs", (RAW,), allow_tmpfs=True, clients={})
    faulty = resolve("v2.2.0", FAULTS)
    runner = BlockRunner({"base": resolve("v2.2.0"), "candidate": faulty}, (RAW,), place, QUICK_BUDGET)
    found: Told = {}

    def watch(rig: Rig, _others: Sequence[Rig]) -> None:
        run_load(rig, RAW, 1.0)

    def leave(rig: Rig, network: Network) -> None:
        watch = StageWatch(rig.metrics)
        asked = answers(rig, place, network, watch)
        profiled = list(while_asked(rig, network, asked.filled))
        assert can_be_profiled_from_its_start(rig)

        def watched_stop(broker: BrokerProcess) -> None:
            profiled.extend(while_connected(rig, network, broker, place, 60))
            profiled.extend(of_a_stop(rig, network, broker, place, 60))

        again = started_again(rig, place, network, stop=watched_stop)
        told = asked.told | again
        restarted = of_a_restart(rig, place, network, 15, 60)
        stacks = {p.workload: "\n".join(p.stacks) for p in (*profiled, *restarted)}
        found[rig.side] = told, stacks, watch.stages_ms

    runner.watched(1, random.Random(7), (), watch, leave)
    assert not list((folder / "data").glob("data-*")), "the data of both are deleted"
    return found


def test_a_sound_broker_answers_in_order_and_starts_again_with_all_it_stored(told: Told) -> None:
    """Given v2.2.0, no reply overtakes another, nothing is lost by a restart, and all other values are there."""
    base, _, _ = told["base"]
    busy = {TOO_SLOW, TOO_BUSY}
    assert not any(base[of.name] for of in PROBED if of.count and base[of.name] not in busy)
    for of in PROBED:
        value = base[of.name]
        if value in busy:  # the machine, and not the broker
            continue
        assert isinstance(value, float) and (of.count or value > 0), of.name


def test_faults_that_no_load_shows_are_told(told: Told) -> None:
    """Given a broker with faults that only who asks for them meets, each shows beside the sound broker."""
    (base, _, _), (candidate, _, _) = told["base"], told["candidate"]
    assert isinstance(candidate["misordered"], float) and candidate["misordered"] > 0
    assert isinstance(base["restart_memory"], float) and isinstance(candidate["restart_memory"], float)
    assert candidate["restart_memory"] > base["restart_memory"]
    assert (candidate["restart_lost"], candidate["crash_lost"]) == (0.0, 0.0)
    assert candidate["left_open"] == COME_AND_GO
    left = candidate["deleted_left"]
    assert left == TOO_SLOW or (isinstance(left, float) and left >= ENOUGH_DELETED)
    assert isinstance(base["waiting_cpu"], float) and isinstance(candidate["waiting_cpu"], float)
    assert candidate["waiting_cpu"] > 2 * base["waiting_cpu"]
    # A sleep is no shorter than it says, on however busy a machine.
    assert isinstance(base["stop_time"], float) and isinstance(candidate["stop_time"], float)
    assert candidate["stop_time"] > max(2, base["stop_time"])
    # The slower broker has larger commits, and so writes its last page less often again.
    least: dict[ProbeName, float] = {
        "metadata": 1.2,
        "large_batch": 1.2,
        "compressed_batch": 1.2,
        "many_partitions": 1.2,
        "idempotent": 1.2,
        "fan_out": 1.2,
        "written": 1.0,
        "acks_all": 1.2,
        "scrape": 1.2,
        "asked_memory": 2.0,
        "asked_disk": 2.0,
    }
    for name, times in least.items():
        value, sound = candidate[name], base[name]
        assert isinstance(value, float) and isinstance(sound, float) and value > times * sound, name


def test_what_a_broker_does_when_asked_at_its_start_and_at_its_end_is_profiled(told: Told) -> None:
    """Given what nobody needs in answers, for connections, in a start and in a stop, each is in its phase's profile."""
    (_, base, _), (_, candidate, _) = told["base"], told["candidate"]
    assert "walk (broker/faults/index_lost.py)" in candidate[ASKED]
    assert "look (broker/faults/fetch_polling.py)" in candidate[ASKED]
    assert "joined (broker/faults/joined_reads.py)" in candidate[ASKED]
    assert "files_of (broker/faults/metadata_scan.py)" in candidate[ASKED]
    assert "looked_at (broker/faults/partition_scan.py)" in candidate[ASKED]
    assert "compressed_again (broker/faults/recompressed.py)" in candidate[ASKED]
    assert "connection_made (broker/faults/buffers.py)" in candidate[CONNECTED]
    assert "load_segment (broker/faults/recovery.py)" in candidate[RESTARTED]
    assert "load_segment" not in candidate[ASKED]
    assert "close (broker/faults/slow_stop.py)" in candidate[STOPPED]
    assert "broker/wal/recovery.py" in base[RESTARTED]
    assert "broker/faults" not in base[ASKED] + base[CONNECTED] + base[RESTARTED] + base[STOPPED]


def test_where_a_batch_was_while_a_broker_was_asked_is_told(told: Told) -> None:
    """Given questions for which messages are produced, and others, stages are told of the former alone."""
    for _, _, stages in told.values():
        assert {"delivery", "first_message", "many_partitions", "produce_beside"} <= set(stages)
        assert not {"connection", "metadata", "read_back", "offsets"} & set(stages)
        assert stages["first_message"]["commit_wait"] > 0


def test_what_was_acknowledged_and_is_lost_by_a_kill_is_counted(tmp_path: Path) -> None:
    """Given a broker that acknowledges what lies in its memory, a stop loses nothing of it and a kill does."""
    place = choose_place(tmp_path / "data", tmp_path / "logs", (RAW,), allow_tmpfs=True, clients={})
    targets = {"base": resolve("v2.2.0"), "candidate": resolve("v2.2.0", {"fault.unwritten": "1"})}
    told: dict[Side, dict[ProbeName, Measured]] = {}

    def leave(rig: Rig, network: Network) -> None:
        told[rig.side] = started_again(rig, place, network)

    BlockRunner(targets, (RAW,), place, QUICK_BUDGET).watched(1, random.Random(7), (), lambda *_: None, leave)
    base, candidate = told["base"], told["candidate"]
    assert (base["restart_lost"], base["crash_lost"], candidate["restart_lost"]) == (0.0, 0.0, 0.0)
    assert isinstance(candidate["crash_lost"], float) and 0 < candidate["crash_lost"] <= 100
    assert isinstance(candidate["crash_time"], float) and candidate["crash_time"] > 0


def test_a_stop_is_timed_while_a_consumer_waits(tmp_path: Path) -> None:
    """Given a broker that lets who waits have their time before it ends, for a second at most, its stop takes that."""
    place = choose_place(tmp_path / "data", tmp_path / "logs", (RAW,), allow_tmpfs=True, clients={})
    targets = {"base": resolve("v2.2.0"), "candidate": resolve("v2.2.0", {"fault.stop_waits": "1"})}
    told: dict[Side, dict[ProbeName, Measured]] = {}

    def leave(rig: Rig, network: Network) -> None:
        told[rig.side] = started_again(rig, place, network)

    BlockRunner(targets, (RAW,), place, QUICK_BUDGET).watched(1, random.Random(7), (), lambda *_: None, leave)
    stop_s = told["candidate"]["stop_time"]
    assert isinstance(stop_s, float) and stop_s >= 1
