"""From a target's template to a command line: ports, folders and names filled in."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Sequence
from pathlib import Path

_GIVEN_BY_KERNEL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST_PORT = 20_000  # above most that programs have as their own
_TRIES = 50
# Not the one that a seed may have been set for: two runs at once would then choose the same ports.
_random = random.SystemRandom()


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
    """Give ports that were free a moment ago, all different. Raises OSError if the host is not this machine's.

    They are below those that the kernel gives to whoever asks for any, where it leaves enough of them: until the broker
    has its own, which takes a slow one seconds, another program's connection or test server could be given it.
    """
    lowest = _lowest_given_by_kernel()
    ports: list[int] = []
    for _ in range(_TRIES):
        port = _random.randrange(_FIRST_PORT, lowest) if lowest > _FIRST_PORT + _TRIES else 0
        with contextlib.suppress(OSError), socket.create_server((host, port)) as free:
            ports.append(free.getsockname()[1])
        ports = list(dict.fromkeys(ports))
        if len(ports) == count:
            return ports
    with contextlib.ExitStack() as held:
        taken = [held.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in taken]


def _lowest_given_by_kernel() -> int:
    try:
        return int(_GIVEN_BY_KERNEL.read_text().split()[0])
    except (OSError, ValueError):
        return 0
