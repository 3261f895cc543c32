"""Any program that listens on a port may stand in for a broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.sut import BrokerProcess
from chronik_perf.targets import resolve

SERVER = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as s:
    open(sys.argv[2] + "/{kept}", "w").close()
    while True:
        s.accept()[0].close()
"""


def test_a_program_is_started_on_the_port_that_it_is_given(tmp_path: Path) -> None:
    """Given a program with a blank in its path and braces of its own, it is started and serves."""
    script, data = tmp_path / "my broker.py", tmp_path / "data"
    script.write_text(SERVER)
    data.mkdir()
    target = resolve(f"command:{sys.executable} '{script}' {{port}} {{data_dir}}")
    assert (target.ready, target.provenance.source) == ("port", "command")
    assert target.provenance.commit is None
    broker = BrokerProcess.start(
        target, data_dir=data, core=None, hash_seed=0, log_path=tmp_path / "log", ready_timeout_s=15
    )
    try:
        assert broker.port > 0
        assert (data / "{kept}").exists()
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "needs a program"),
        ("   ", "needs a program"),
        ("python 'x {port}", "cannot be read: no closing quotation"),
        ("python x", r"does not say \{port\}"),
        ("python {prot}", r"says \{prot\}; did you mean \{port\}\?"),
        ("python {port} {data-dir}", r"says \{data-dir\}; did you mean \{data_dir\}\?"),
        ("PYTHONHASHSEED=0 python {port}", "sets PYTHONHASHSEED, which is drawn anew for every start"),
        ("no-such-program-here {port}", "'no-such-program-here' of the command is not there"),
        ("/etc/passwd {port}", "may not be run"),
    ],
)
def test_a_command_that_cannot_be_started_is_refused(line: str, said: str) -> None:
    """Given nothing, an open quote, no port, a slip, the seed, or no program, the sentence says what is wrong."""
    with pytest.raises(BadInput, match=said):
        resolve(f"command:{line}")


def test_a_command_has_no_settings() -> None:
    """Given overrides for a command, they are refused and not left out in silence."""
    with pytest.raises(BadInput, match="no settings to override"):
        resolve(f"command:{sys.executable} {{port}}", {"wal.profile": "low"})
