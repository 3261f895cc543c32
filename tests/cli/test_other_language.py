"""A broker in another language, in a repository of two commits: from `perf init` to the verdict."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.programs import children_left, perf, refused

SOURCE = Path(__file__).resolve().parents[1] / "targets" / "go_broker"

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(shutil.which("go") is None, reason="no Go is installed (golang.org/dl)"),
]


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def logd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the repository of a broker in Go whose second commit hashes each batch twenty times."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "logd"
    shutil.copytree(SOURCE, folder)
    git(folder, "init", "-q", "-b", "main")
    assert refused(["init"], folder).returncode == 0
    manifest = folder / "perf.toml"
    guessed = manifest.read_text()
    assert 'command = "go build -o perf-broker ."' in guessed
    # What the guess cannot know is what this broker calls its folder, and its one setting.
    manifest.write_text(
        guessed.replace('"--data-dir", "{data_dir}"', '"--dir", "{data_dir}", "{set}"')
        + '[settings]\noverride_with = "--{key}={value}"\nknown = { flush = "none" }\n'
    )
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    main = folder / "main.go"
    main.write_text(main.read_text().replace("const hashes = 1\n", "const hashes = 20\n"))
    git(folder, "commit", "-qam", "two")
    return folder


def test_a_regression_between_two_commits_is_found(logd: Path) -> None:
    """Given two commits of which the second hashes every batch twenty times, comparing them finds a regression."""
    design = ("--quick", "--workload", "raw", "--budget", "100s", "--no-profiles", "--out", "run")
    done = perf(["compare", "HEAD~1", "HEAD", *design], cwd=logd, timeout_s=170)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "CPU per stored message" in done.stdout
    verdict = json.loads((logd / "run" / "verdict.json").read_text())
    words = {row["metric"]: row["word"] for row in verdict["rows"]}
    assert words["throughput"] == "regressed"
    assert words["unstored"] == "unchanged"
    assert not children_left(logd)
    # It serves no metrics, which is said and not taken for zero.
    assert "the broker serves no metrics" in (logd / "run" / "report.html").read_text()
