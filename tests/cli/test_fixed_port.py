"""Two versions that listen on one port, whatever they are told, are run in turn, and the report says so."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.programs import children_left, perf, refused
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository of two commits whose broker listens on a port of its own choice."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    file = made.root / "perf.toml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = file.read_text().replace("--port {port}", f"--port {port}")
    file.write_text(text.replace("[start]\n", f"[start]\nfixed_port = {port}\n"))
    made.git("commit", "-qam", "fixed")
    made.git("commit", "-q", "--allow-empty", "-m", "next")
    return made


def test_versions_with_one_port_are_never_up_at_once(repository: BrokerRepository) -> None:
    """Given a fixed port on both sides, whole starts alternate, all is measured, and the report says why."""
    few = ("--quick", "--workload", "raw", "--blocks", "4", "--family-error", "0.5", "--no-profiles")
    done = perf(["compare", "HEAD~1", "HEAD", *few, "--out", "run"], cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    document = json.loads((repository.root / "run" / "comparison.json").read_text())
    assert [block["interleaved"] for block in document["blocks"]] == [False] * len(document["blocks"])
    assert all(block[side]["slices"] for block in document["blocks"] for side in ("base", "candidate"))
    assert "never up at once" in " ".join(done.stdout.split())
    assert not children_left(repository.root)


@pytest.mark.parametrize("port", ["0", "70000", '"9092"', "true"])
def test_a_port_that_is_none_is_refused(port: str, repository: BrokerRepository) -> None:
    """Given a fixed port that no broker can have, the sentence names the place."""
    file = repository.root / "perf.toml"
    lines = [
        f"fixed_port = {port}" if "fixed_port" in line else line for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines) + "\n")
    repository.git("commit", "-qam", "wrong")
    done = refused(["targets", "HEAD"], repository.root)
    assert done.returncode == 2
    assert "fixed_port in [start] must be a port" in done.stderr
