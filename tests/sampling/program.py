"""A Python program of a known shape, started as brokers are; it tells a port as they do."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.model import Provenance, Target
from chronik_perf.sut import BrokerProcess


@contextlib.contextmanager
def started(text: str, folder: Path) -> Iterator[BrokerProcess]:
    """Start the program in a folder, and end it."""
    program = folder / "program.py"
    program.write_text(text)
    what = Target("p", (sys.executable, str(program)), "json-line", Provenance("command", None, None))
    one = BrokerProcess.start(what, data_dir=folder, core=None, hash_seed=1, log_path=folder / "program.log")
    try:
        yield one
    finally:
        one.kill()
