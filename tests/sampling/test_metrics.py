"""A broker's own metrics, scraped over HTTP from a real page and given in the toolkit's names."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.sampling.metrics import MetricsSampler, quantile


class Page:
    """The page of another process, told what to count."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("broker_page.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(self._line())

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self._line()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def page() -> Iterator[Page]:
    one = Page()
    yield one
    one.end()


def test_counters_and_states_come_in_the_toolkits_names(page: Page) -> None:
    """Given a page under the reference broker's names, its values are read, odd labels and all."""
    sampler = MetricsSampler(f"http://127.0.0.1:{page.port}/metrics")
    page.say("stage commit_wait 0.25")
    before = sampler.sample()
    page.say("tasks 40")
    page.say("stage commit_wait 0.5")
    after = sampler.sample()
    sampler.close()
    assert after["tasks_created"] - before["tasks_created"] == 40
    assert after["tasks_alive"] == 20
    assert after["stage_commit_wait_s"] == 0.75
    assert "tasks_created" in sampler.counters
    assert "tasks_alive" not in sampler.counters


def test_a_metric_that_the_broker_lacks_is_unavailable_and_never_0(page: Page) -> None:
    """Given a page without commits, there is no value for them, and the reason names the missing metric."""
    sampler = MetricsSampler(f"http://127.0.0.1:{page.port}/metrics")
    assert "commits" not in sampler.sample()
    assert "chronik_wal_commits_total" in sampler.unavailable["commits"]
    sampler.close()


def test_the_lag_percentile_is_that_of_the_window(page: Page) -> None:
    """Given much lag before a window and little in it, the percentile is the window's alone."""
    sampler = MetricsSampler(f"http://127.0.0.1:{page.port}/metrics")
    page.say("lag 0.0035 1000")
    assert 2 < sampler.sample()["loop_lag_p99_ms"] <= 4
    page.say("lag 0.0005 100")
    assert sampler.sample()["loop_lag_p99_ms"] <= 1
    assert "loop_lag_p99_ms" not in sampler.sample(), "nothing was recorded since"
    sampler.close()


def test_a_broker_without_metrics_says_so_for_every_name() -> None:
    """Given no metrics port, every name is unavailable with the reason."""
    sampler = MetricsSampler(None)
    assert sampler.sample() == {}
    assert sampler.unavailable["tasks_created"] == "the broker serves no metrics"
    sampler.close()


def test_a_page_that_is_gone_is_unavailable(page: Page) -> None:
    """Given a broker that died, a scrape raises nothing, and the reason has the address."""
    sampler = MetricsSampler(f"http://127.0.0.1:{page.port}/metrics")
    assert sampler.sample()
    page.end()
    assert sampler.sample() == {}
    assert f"127.0.0.1:{page.port}" in sampler.unavailable["batches"]
    sampler.close()


@pytest.mark.parametrize("body", [b"<html>hello { you }</html>", b"word\n", b"chronik_connections x\n"])
def test_a_page_that_is_something_else_is_unavailable(body: bytes) -> None:
    """Given a web server that serves something else on the metrics port, that is the reason."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body)

        thread = threading.Thread(target=answer)
        thread.start()
        sampler = MetricsSampler(f"http://127.0.0.1:{listener.getsockname()[1]}/metrics")
        assert sampler.sample() == {}
        assert "is not Prometheus text" in sampler.unavailable["batches"]
        thread.join()
        sampler.close()


def test_a_quantile_is_interpolated_within_its_bucket() -> None:
    """Given 100 observations between 1 and 2, half of the way in counts is half of the way in the bucket."""
    after = {1.0: 0.0, 2.0: 100.0, float("inf"): 100.0}
    assert quantile(0.5, {}, after) == pytest.approx(1.5)
    assert quantile(0.5, after, after) is None
    assert quantile(0.99, {}, {1.0: 10.0, float("inf"): 100.0}) == 1.0
