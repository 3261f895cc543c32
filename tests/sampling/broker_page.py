"""A process that serves a Prometheus page by prometheus_client, under the reference broker's names.

It prints its port; each line on stdin is `tasks N`, `lag SECONDS TIMES` or `stage NAME SECONDS`, and is
answered by a line.
"""

from __future__ import annotations

import sys

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

registry = CollectorRegistry()
tasks = Counter("chronik_asyncio_tasks_created", "tasks", registry=registry)
alive = Gauge("chronik_asyncio_tasks_alive", "alive", registry=registry)
lag = Histogram("chronik_event_loop_lag_seconds", "lag", buckets=(0.001, 0.002, 0.004), registry=registry)
stage = Counter("chronik_produce_stage_seconds", "stage", ["stage", "odd"], registry=registry)
server, _ = start_http_server(0, "127.0.0.1", registry)
print(server.server_port, flush=True)
for line in sys.stdin:
    what, *words = line.split()
    if what == "tasks":
        tasks.inc(float(words[0]))
        alive.set(float(words[0]) / 2)
    elif what == "lag":
        for _ in range(int(words[1])):
            lag.observe(float(words[0]))
    else:
        stage.labels(words[0], 'a } b "c" \\').inc(float(words[1]))
    print("done", flush=True)
