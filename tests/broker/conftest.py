"""A real broker process for each test that asks for one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Broker:
    """A broker that says it is ready. ``stderr`` is what it has said since."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    data_dir: Path
    stderr_file: Any = field(repr=False)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.ready['port']}"

    @property
    def stderr(self) -> str:
        self.stderr_file.seek(0)
        return str(self.stderr_file.read())

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def kill(self) -> None:
        # Under strace the process that was started is strace, which would leave the broker behind.
        os.kill(self.ready["pid"], signal.SIGKILL)
        self.process.wait(10)

    def metrics(self) -> dict[str, float]:
        """Every sample by its name with labels, as the metrics port shows it now."""
        url = f"http://127.0.0.1:{self.ready['metrics_port']}/metrics"
        with urllib.request.urlopen(url, timeout=10) as page:
            lines = page.read().decode().splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in samples}


StartBroker = Callable[..., Broker]


@pytest.fixture
def start_broker(tmp_path: Path) -> Iterator[StartBroker]:
    """Start a broker: ``start_broker("wal.profile=low", version="v2.2.7", under=["strace", ...])``.

    Twice in one test gives the second start of the same data directory, unless told otherwise.
    """
    with ExitStack() as stack:

        def start(
            *settings: str,
            version: str = "v2.2.0",
            data_dir: Path | None = None,
            under: tuple[str, ...] = (),
        ) -> Broker:
            data_dir = data_dir or tmp_path / "data"
            command = [*under, sys.executable, "-m", "broker", "start", "--data-dir", str(data_dir)]
            command += ["--port", "0", "--version", version]
            for setting in settings:
                command += ["--set", setting]
            stderr = stack.enter_context(tempfile.TemporaryFile("w+"))
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=ROOT)
            stack.callback(_end, process)
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                stderr.seek(0)
                pytest.fail(f"the broker ended before it was ready: {stderr.read()}")
            broker = Broker(process, json.loads(line), data_dir, stderr)
            stack.callback(_end_broker, broker)
            return broker

        yield start


def _end_broker(broker: Broker) -> None:
    if broker.process.poll() is None:
        broker.kill()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


@pytest.fixture
def broker(start_broker: StartBroker) -> Broker:
    """One running v2.2.0."""
    return start_broker()
