"""A reference broker as a process of its own, known to these tests by its port and its pid alone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunningBroker:
    """Where it listens, and how to end or to freeze it."""

    bootstrap: str
    metrics_url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it live and do nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.process.pid, signal.SIGCONT)


@contextlib.contextmanager
def running_broker(folder: Path, version: str = "v2.2.0", *settings: str) -> Iterator[RunningBroker]:
    """Start a broker on a free port and end it afterwards, whatever state it is in.

    `settings` are NAME=VALUE, such as those of its faults.
    """
    with (folder / "broker.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "broker", "start", "--port", "0", "--version", version),
                *("--data-dir", str(folder / "data")),
                *(part for setting in settings for part in ("--set", setting)),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=Path(__file__).parents[2],
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (folder / "broker.log").read_text()
        ready = json.loads(line)
        metrics_url = f"http://127.0.0.1:{ready['metrics_port']}/metrics"
        yield RunningBroker(f"127.0.0.1:{ready['port']}", metrics_url, process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
