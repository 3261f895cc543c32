"""Brokers, topics and workloads that the tests of the load room share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from chronik_perf.load import create_topic
from chronik_perf.model import Workload
from tests.load.broker_process import RunningBroker, running_broker

_numbers = itertools.count()


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """One broker for all tests that leave it alive."""
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    """A broker that the test may kill or freeze."""
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def topic(broker: RunningBroker) -> str:
    """A new, empty topic of one partition."""
    name = f"load-{next(_numbers)}"
    create_topic(broker.bootstrap, name, 1)
    return name


@pytest.fixture
def workload() -> Callable[..., Workload]:
    """Make a small workload; any field can be given."""

    def make(**fields: object) -> Workload:
        defaults: dict[str, object] = {
            "name": "small",
            "title": "a small load",
            "driver": "librdkafka",
            "acks": 1,
            "message_size_bytes": 100,
            "in_flight": 16,
            "linger_ms": 0.0,
            "partitions": 1,
            "slice_s": 0.05,
            "slice_bytes": 1 << 20,
        }
        return Workload(**{**defaults, **fields})  # type: ignore[arg-type]

    return make
