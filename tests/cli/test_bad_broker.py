"""A broker of one's own repository that misbehaves: a sentence, the exit code, and nothing left, whatever it does."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.cli.programs import children_left, perf, refused
from tests.targets.repository import ROOT, BrokerRepository

MANIFEST = """
[start]
command = ["{python}", "program.py", "{mode}", "--port", "{{port}}", "--data-dir", "{{data_dir}}"]
ready_timeout_s = {ready_s}

[env]
PYTHONPATH = "src"
"""
PROGRAM = ROOT / "tests" / "sut" / "program.py"
FAULTY = ROOT / "tests" / "cli" / "faulty_broker.py"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository with a sound broker and a cache of builds of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("good")
    return made


def commit(repository: BrokerRepository, program: Path, mode: str) -> None:
    """Commit a perf.toml that starts a program in one of its modes."""
    (repository.root / "program.py").write_text(program.read_text())
    text = MANIFEST.format(python=sys.executable, mode=mode, ready_s=1 if mode == "never-ready" else 15)
    (repository.root / "perf.toml").write_text(text)
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", mode)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("never-ready", r"HEAD was not ready within 1 s \(its log .* is empty\)"),
        ("dies-when-connected-twice", "HEAD ended with exit code 9 while it was measured"),
        ("leaves-a-daemon", "while HEAD was measured: .* did not answer ApiVersions: connection reset"),
        ("ignores-term", "while HEAD was measured: .* did not answer ApiVersions: connection reset"),
    ],
)
def test_a_broker_that_cannot_be_measured_is_named(
    mode: str, says: str, repository: BrokerRepository
) -> None:
    """Given one that is never ready, dies, or speaks no Kafka, its version is named, and all that it started ends.

    Of the two that speak no Kafka one leaves a process in a session of its own, the other ignores SIGTERM.
    """
    commit(repository, PROGRAM, mode)
    done = refused(["compare", "good", "HEAD", "--quick"], repository.root)
    assert done.returncode == 4, done.stderr
    assert re.match(f"perf: {says}", done.stderr.splitlines()[-1]), done.stderr
    assert not children_left(repository.root.parent)
    left = [f for f in (repository.root / "runs").rglob("*") if f.is_file() and f.name != ".gitignore"]
    assert [f.suffix for f in left] in ([], [".log"])


def test_errors_for_half_of_the_messages_are_a_finding(repository: BrokerRepository) -> None:
    """Given a broker that refuses every second batch, what failed is counted and said; the measurement goes on."""
    commit(repository, FAULTY, "refuses-half")
    few = ("--quick", "--workload", "raw", "--budget", "12s", "--family-error", "0.5", "--no-profiles")
    done = perf(["compare", "good", "HEAD", *few, "--out", "run"], cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    assert re.search(r"HEAD with acks=1, .* messages of [\d,]+ failed", " ".join(done.stdout.split()))
    for block in json.loads((repository.root / "run" / "comparison.json").read_text())["blocks"]:
        failed = {
            side: sum(s["load"]["failed"] for s in block[side]["slices"]) for side in ("base", "candidate")
        }
        assert failed["base"] == 0 < failed["candidate"]
    assert not children_left(repository.root.parent)
