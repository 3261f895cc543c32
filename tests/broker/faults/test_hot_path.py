"""Faults that waste work in the hot path: each does its work, and it can be seen from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.faults.load import loop_cpu_s, produce
from tests.broker.wire import Wire

BATCHES = 300
WASTE = ("cpu=200", "copy=100", "cache_lost=10", "gc=400", "waiter_scan=30", "quadratic_metadata=20")


def cpu_of_a_load(broker: Broker) -> float:
    """CPU of the event loop for 300 batches that are in flight together, in seconds."""
    with Wire(broker.address) as client:
        client.create("loaded")
        produce(client, "loaded", 20)
        before_s = loop_cpu_s(broker)
        produce(client, "loaded", BATCHES)
        return loop_cpu_s(broker) - before_s


@pytest.mark.alone
def test_work_that_nobody_needs_costs_cpu(start_broker: StartBroker, tmp_path: Path) -> None:
    """The event loop uses several times the CPU for a load that it uses without the fault."""
    plain_s = cpu_of_a_load(start_broker())

    for setting in WASTE:
        broker = start_broker(f"fault.{setting}", data_dir=tmp_path / setting)
        assert cpu_of_a_load(broker) > 5 * plain_s, setting
        broker.stop()


@pytest.mark.alone
@pytest.mark.parametrize("setting", ["quadratic_metadata=400", "decay=5000"])
def test_what_is_kept_makes_the_same_load_dearer(start_broker: StartBroker, setting: str) -> None:
    """The same 100 batches, one after the other, cost more CPU each time.

    About five times as much at these strengths; a core's speed, on which CPU time hangs too, changes less in a second.
    """
    broker = start_broker(f"fault.{setting}")
    spent_s = []
    with Wire(broker.address) as client:
        client.create("older")
        for _ in range(3):
            before_s = loop_cpu_s(broker)
            for _ in range(100):
                client.produced("older", wire.batch())
            spent_s.append(loop_cpu_s(broker) - before_s)

    assert spent_s[2] > 1.5 * spent_s[0]


@pytest.mark.parametrize(("strength", "tasks"), [("1", 100), ("0.25", 25), ("2", 200)])
def test_spawn_makes_its_tasks(start_broker: StartBroker, strength: str, tasks: int) -> None:
    """Tasks are counted exactly: the strength for each batch, and they end."""
    broker = start_broker(f"fault.spawn={strength}")
    with Wire(broker.address) as client:
        client.create("spawned")
        before = broker.metrics()
        produce(client, "spawned", 100)
        after = broker.metrics()

    assert (
        after["chronik_asyncio_tasks_created_total"] - before["chronik_asyncio_tasks_created_total"] == tasks
    )
    assert after["chronik_asyncio_tasks_alive"] <= before["chronik_asyncio_tasks_alive"]


@pytest.mark.parametrize(("strength", "lines"), [("3", 300), ("0.1", 10)])
def test_logging_writes_its_lines(start_broker: StartBroker, strength: str, lines: int) -> None:
    """Each line is an INFO of a batch on stderr."""
    broker = start_broker(f"fault.log_info={strength}")
    with Wire(broker.address) as client:
        client.create("told")
        produce(client, "told", 100)

    said = broker.stderr.splitlines()
    assert len(said) == lines
    assert all(re.search(r" INFO broker.produce: a batch of \d+ bytes for told-0$", line) for line in said)


def test_a_second_decode_looks_into_the_records(start_broker: StartBroker, tmp_path: Path) -> None:
    """Given a batch whose records are not sound, a broker that decodes again hangs up; the plain one stores it."""
    sound = wire.batch(3)
    # The length of the first record, made negative.
    unsound = wire.sealed(sound[:61] + b"\x7f" + sound[62:])
    plain, faulty = start_broker(), start_broker("fault.double_decode=1", data_dir=tmp_path / "faulty")

    with Wire(plain.address) as client:
        client.create("decoded")
        assert client.produced("decoded", unsound) == (0, 0)
    with Wire(faulty.address) as client:
        client.create("decoded")
        assert client.produced("decoded", sound) == (0, 0)
        client.send(wire.produce(1, "decoded", unsound))
        assert client.is_closed()
