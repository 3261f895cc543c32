"""What the broker counts, as Prometheus metrics on a port of their own, served by a thread of prometheus_client.

========================================= ========= =====================================================
name                                      type      meaning
========================================= ========= =====================================================
chronik_event_loop_lag_seconds            histogram how late a timer of 20 ms ran; below 1 ms it only
                                                    shows the timer's own granularity
chronik_asyncio_tasks_alive               gauge     tasks created and not yet finished
chronik_asyncio_tasks_created_total       counter   tasks created since the start
chronik_connections                       gauge     open client connections
chronik_requests_in_flight                gauge     requests that were read and not yet answered
chronik_produce_batches_total             counter   record batches accepted for the log
chronik_produce_messages_total            counter   messages in them
chronik_produce_bytes_total               counter   bytes of those batches
chronik_produce_stage_seconds_total       counter   by ``stage``: time that batches spent in it, summed
chronik_produce_stage_batches_total       counter   by ``stage``: batches that passed it
chronik_wal_commits_total                 counter   commits, failed ones too
chronik_wal_commit_batches                histogram batches in a commit
chronik_wal_commit_bytes                  histogram bytes in a commit, record headers included
chronik_wal_sync_seconds                  histogram a commit's time in fdatasync, all its files
chronik_wal_syncs_total                   counter   files synced
chronik_wal_sync_failures_total           counter   commits of which nothing was acknowledged
chronik_wal_queued_bytes                  gauge     bytes that wait for a commit or are in one
chronik_wal_queued_batches                gauge     the same in batches
========================================= ========= =====================================================
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from broker.telemetry import STAGES, Telemetry


class Observed(Protocol):
    """What is read from the broker only when it is scraped."""

    def connections_open(self) -> int: ...

    def requests_in_flight(self) -> int: ...

    def queued_bytes(self) -> int: ...

    def queued_batches(self) -> int: ...


def serve_metrics(listener: socket.socket, telemetry: Telemetry, observed: Observed) -> None:
    """Serve on a socket that listens already, for as long as the process lives.

    prometheus_client takes as long to import as the whole broker, so it is imported by the thread: a
    scrape that comes before waits in the socket's queue.
    """

    def serve() -> None:
        from http.server import ThreadingHTTPServer

        from prometheus_client import CollectorRegistry, MetricsHandler

        registry = CollectorRegistry()
        registry.register(Collector(telemetry, observed))
        address = listener.getsockname()[:2]
        server = ThreadingHTTPServer(address, MetricsHandler.factory(registry), bind_and_activate=False)
        server.socket.close()
        listener.setblocking(True)
        server.socket = listener
        server.server_address = address
        server.serve_forever()

    threading.Thread(target=serve, name="metrics", daemon=True).start()


class Collector:
    """Reads the numbers whenever prometheus_client asks for them."""

    def __init__(self, telemetry: Telemetry, observed: Observed) -> None:
        self._telemetry = telemetry
        self._observed = observed

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        t, broker = self._telemetry, self._observed
        finished = t.tasks_finished  # read first, so that alive is never negative
        yield GaugeMetricFamily(
            "chronik_asyncio_tasks_alive", "Tasks not yet finished.", t.tasks_created - finished
        )
        gauges = {
            "chronik_connections": broker.connections_open,
            "chronik_requests_in_flight": broker.requests_in_flight,
            "chronik_wal_queued_bytes": broker.queued_bytes,
            "chronik_wal_queued_batches": broker.queued_batches,
        }
        for name, read in gauges.items():
            yield GaugeMetricFamily(name, "See broker/metrics.py.", read())
        counters = {
            "chronik_asyncio_tasks_created": t.tasks_created,
            "chronik_produce_batches": t.batches,
            "chronik_produce_messages": t.messages,
            "chronik_produce_bytes": t.batch_bytes,
            "chronik_wal_commits": t.commits,
            "chronik_wal_syncs": t.syncs,
            "chronik_wal_sync_failures": t.failed_commits,
        }
        for name, value in counters.items():
            yield CounterMetricFamily(name, "See broker/metrics.py.", value)
        seconds = CounterMetricFamily(
            "chronik_produce_stage_seconds", "Time of batches in a stage.", labels=["stage"]
        )
        passed = CounterMetricFamily(
            "chronik_produce_stage_batches", "Batches that passed a stage.", labels=["stage"]
        )
        counts = {"commit_wait": t.committed_batches, "reply": t.replied_batches}
        for stage in STAGES:
            seconds.add_metric([stage], getattr(t, f"{stage}_s"))
            passed.add_metric([stage], counts.get(stage, t.batches))
        yield seconds
        yield passed
        histograms = {
            "chronik_event_loop_lag_seconds": t.loop_lag_s,
            "chronik_wal_commit_batches": t.commit_batches,
            "chronik_wal_commit_bytes": t.commit_bytes,
            "chronik_wal_sync_seconds": t.sync_s,
        }
        for name, histogram in histograms.items():
            buckets, total = histogram.cumulative()
            yield HistogramMetricFamily(name, "See broker/metrics.py.", buckets=buckets, sum_value=total)
