"""Two versions that listen on one port, whatever they are told: run in turn, or each in a network of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from chronik_perf.network import why_no_namespace
from chronik_perf.sut.command import free_ports
from tests.cli.programs import children_left, environment, one_sentence, perf, refused
from tests.programs import unprivileged
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository of two commits whose broker listens on ports of its own choice, for messages and metrics."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    file = made.root / "perf.toml"
    port, metrics_port = free_ports("127.0.0.1", 2)
    text = (
        file.read_text()
        .replace("--port {port}", f"--port {port}")
        .replace("{metrics_port}", str(metrics_port))
    )
    file.write_text(text.replace("[start]\n", f"[start]\nfixed_port = {port}\n"))
    made.git("commit", "-qam", "fixed")
    made.git("commit", "-q", "--allow-empty", "-m", "next")
    return made


FEW = ("--quick", "--workload", "raw", "--family-error", "0.5", "--no-profiles")
OFFER = "--netns gives each a network of its own"


def document(run: Path) -> dict[str, Any]:
    """Give what a run has measured."""
    found: dict[str, Any] = json.loads((run / "comparison.json").read_text())
    return found


def test_versions_with_one_port_are_never_up_at_once(repository: BrokerRepository) -> None:
    """Given a fixed port on both sides, whole starts alternate, all is measured, and the report says why.

    Where this user may make network namespaces, they are offered before anything is measured.
    """
    done = perf(["compare", "HEAD~1", "HEAD", *FEW, "--budget", "1s", "--out", "run"], cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    blocks = document(repository.root / "run")["blocks"]
    assert [block["interleaved"] for block in blocks] == [False] * len(blocks)
    assert all(block[side]["slices"] for block in blocks for side in ("base", "candidate"))
    assert "never up at once" in " ".join(done.stdout.split())
    assert (OFFER in done.stderr.partition("block 1")[0]) is not bool(why_no_namespace())
    assert not children_left(repository.root)


def test_in_namespaces_versions_with_the_same_ports_are_up_side_by_side(repository: BrokerRepository) -> None:
    """Given fixed ports for messages and metrics and --netns, slices interleave, and metrics are read on both sides.

    Every output says it, and blocks that are added later need namespaces, too.
    """
    if refused_here(repository):
        return
    run = ["compare", "HEAD~1", "HEAD", *FEW, "--blocks", "4", "--netns", "--out", "run"]
    done = perf(run, cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    measured = document(repository.root / "run")
    starts = [block[side] for block in measured["blocks"] for side in ("base", "candidate")]
    assert starts
    assert len({start["port"] for start in starts}) == 1
    assert all(block["interleaved"] for block in measured["blocks"])
    assert all(one["telemetry"]["syncs"] > 0 for start in starts for one in start["slices"])
    assert all("sync_ms" in one["values"] for one in measured["series"])
    for output in ("report.html", "summary.md"):
        assert "in a network namespace of their own" in (repository.root / "run" / output).read_text()
    assert OFFER not in done.stderr
    assert not children_left(repository.root)
    check_refusal(perf_unprivileged(["compare", "--resume", "run"], repository.root))


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_of_a_run_in_namespaces_nothing_stays(repository: BrokerRepository, end: signal.Signals) -> None:
    """Given both brokers up in namespaces of their own, each with its load, an end of the toolkit ends them all."""
    if refused_here(repository):
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "chronik_perf", "compare", "HEAD~1", "HEAD", *FEW, "--netns", "--out", "run"],
        cwd=repository.root,
        env=environment(repository.root),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        networks = await_two_networks(repository.root, process)
        assert all(sorted(programs) == ["broker", "load"] for programs in networks.values())
    finally:
        process.send_signal(end)
        process.wait(60)
    assert process.returncode == (130 if end is signal.SIGINT else -signal.SIGKILL)
    deadline = time.monotonic() + 30
    while children_left(repository.root) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_left(repository.root)
    assert not any(inode in networks for inode in namespaces_of_all())


def await_two_networks(root: Path, toolkit: subprocess.Popen[bytes]) -> dict[str, set[str]]:
    """Give which programs are in which namespace, once a run has a broker and a load in each of two."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and toolkit.poll() is None:
        networks: dict[str, set[str]] = {}
        for process in psutil.Process(toolkit.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess, OSError):
                words = " ".join(process.cmdline())
                where = os.readlink(f"/proc/{process.pid}/ns/net")
                for program, word in (("broker", "-m broker start"), ("load", "load.worker")):
                    if word in words and where != os.readlink("/proc/self/ns/net"):
                        networks.setdefault(where, set()).add(program)
        if len(networks) == 2 and all(len(programs) == 2 for programs in networks.values()):
            return networks
        time.sleep(0.02)
    pytest.fail(f"there never were a broker and a load in each of two namespaces; perf: {toolkit.poll()}")


def namespaces_of_all() -> Iterator[str]:
    """Give the network namespace of every process that may be looked into."""
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            yield os.readlink(f"/proc/{pid}/ns/net")


def refused_here(repository: BrokerRepository) -> bool:
    """Tell whether this machine gives no namespaces to this user; then that must be said, and nothing be left."""
    if not why_no_namespace():
        return False
    check_refusal(perf(["compare", "HEAD~1", "HEAD", "--netns"], cwd=repository.root))
    return True


def check_refusal(done: subprocess.CompletedProcess[str]) -> None:
    """Check that a command without the right to make namespaces has said what it takes."""
    assert done.returncode == 2, done.stderr
    said = one_sentence(done.stderr)
    assert "--netns cannot give each side a network namespace: this user may not" in said
    assert "leave it away" in said


def perf_unprivileged(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `perf` without the right to make network namespaces."""
    return subprocess.run(
        unprivileged(sys.executable, "-m", "chronik_perf", *arguments),
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["compare", "gate", "explain", "bisect"])
def test_without_the_right_to_namespaces_nothing_is_measured(
    command: str, repository: BrokerRepository, tmp_path: Path
) -> None:
    """Given --netns and a user who may make no namespaces, each command that has it says so and builds nothing."""
    check_refusal(perf_unprivileged([command, "HEAD~1", "HEAD", "--netns"], repository.root))
    assert not (tmp_path / "cache").exists()
    assert not (repository.root / "runs").exists()


def test_a_broker_that_runs_already_cannot_be_moved(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given --netns and a kafka:// broker, it is refused, for the two sides would be in networks of two kinds."""
    done = refused(["compare", "kafka://127.0.0.1:9", "HEAD", "--netns"], repository.root)
    assert done.returncode == 2
    assert "a kafka:// broker runs already, and --netns" in done.stderr
    monkeypatch.setenv("PERF_GATE_NETNS", "true")
    gate = refused(["gate", "kafka://127.0.0.1:9", "HEAD"], repository.root)
    assert gate.returncode == 2
    assert "a kafka:// broker runs already, and --netns" in gate.stderr


def test_a_run_keeps_the_network_it_began_with(repository: BrokerRepository) -> None:
    """Given --netns beside --resume, it is refused: blocks in two kinds of networks do not add up."""
    done = refused(["compare", "--resume", "run", "--netns"], repository.root)
    assert done.returncode == 2
    assert "--netns has no place beside --resume" in done.stderr


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
