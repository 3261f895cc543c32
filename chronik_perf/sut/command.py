"""From a target's template to a command line: ports, folders and names filled in."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path


def command_line(argv: Sequence[str], host: str, port: int, metrics_port: int, data_dir: Path) -> list[str]:
    """Fill `{host}`, `{port}`, `{metrics_port}` and `{data_dir}`; other braces stay as they are."""
    return [_filled(word, host, port, metrics_port).replace("{data_dir}", str(data_dir)) for word in argv]


def metrics_address(template: str | None, host: str, port: int, metrics_port: int | None) -> str | None:
    """Give where a broker's metrics are: as its target says, else /metrics at its port for them; None without any."""
    if template is None and metrics_port is None:
        return None
    return _filled(template or "http://{host}:{metrics_port}/metrics", host, port, metrics_port or 0)


def _filled(word: str, host: str, port: int, metrics_port: int) -> str:
    names = {"{host}": host, "{port}": str(port), "{metrics_port}": str(metrics_port)}
    for name, value in names.items():
        word = word.replace(name, value)
    return word


def free_ports(host: str, count: int) -> list[int]:
    """Give ports that were free a moment ago, all different. Raises OSError if the host is not this machine's."""
    with contextlib.ExitStack() as held:
        taken = [held.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]
