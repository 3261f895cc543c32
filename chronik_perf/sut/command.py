"""From a target's template to a command line: ports, folders and names filled in."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from pathlib import Path


def command_line(argv: Sequence[str], host: str, port: int, metrics_port: int, data_dir: Path) -> list[str]:
    """Fill `{host}`, `{port}`, `{metrics_port}` and `{data_dir}`; other braces stay as they are."""
    names = {
        "{host}": host,
        "{port}": str(port),
        "{metrics_port}": str(metrics_port),
        "{data_dir}": str(data_dir),
    }
    filled = []
    for word in argv:
        for name, value in names.items():
            word = word.replace(name, value)
        filled.append(word)
    return filled


def free_ports(host: str, count: int) -> list[int]:
    """Give ports that were free a moment ago, all different. Raises OSError if the host is not this machine's."""
    with contextlib.ExitStack() as held:
        taken = [held.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]
