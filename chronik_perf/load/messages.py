"""The lines of JSON between a load process and its parent. Secrets go through the pipe, never by argv."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from chronik_perf.model import Latency, LoadWindow, Workload


def line(message: dict[str, Any]) -> bytes:
    """Encode one message as one line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def workload_to(workload: Workload) -> dict[str, Any]:
    """Give a workload as JSON can hold it."""
    return dataclasses.asdict(workload)


def workload_from(data: dict[str, Any]) -> Workload:
    """Read what `workload_to` gave."""
    return Workload(**data)


def window_to(window: LoadWindow) -> dict[str, Any]:
    """Give a window as JSON can hold it."""
    return dataclasses.asdict(window)


def window_from(data: dict[str, Any]) -> LoadWindow:
    """Read what `window_to` gave."""
    latencies = {name: _latency_from(data[name]) for name in ("response", "service")}
    return LoadWindow(**{**data, **latencies, "errors": tuple(data["errors"])})


def _latency_from(data: dict[str, Any] | None) -> Latency | None:
    if data is None:
        return None
    return Latency(**{**data, "percentiles": tuple((p, ms) for p, ms in data["percentiles"])})
