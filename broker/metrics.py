"""Serving the metrics over HTTP, by prometheus_client, from a thread."""

from __future__ import annotations

import socket
import threading

from broker.telemetry import Collector, Observed, Telemetry


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
