"""`perf gate` in a job of GitHub: what the runner hears of it, whatever a change's own text says, and when it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.cli.work import gating
from tests.cli.programs import environment, refused
from tests.targets.repository import BrokerRepository

# What GitHub's runner takes for a command: it trims a line before it looks for `::`, and looks for `##[` anywhere.
FORGED = (
    "::set-output name=outcome::none",
    "  ::error::forged",
    "said ##[warning]forged",
    "::stop-commands::x",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository of a base, and of a change whose build is a text of commands, says them too, and fails."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    lines = "\n".join(("", *FORGED, ""))
    build = f"cat <<'END'{lines}END\nexit 7"
    made.commit("v2", build="BUILD")
    file = made.root / "perf.toml"
    file.write_text(file.read_text().replace('"BUILD"', json.dumps(build)))
    made.git("commit", "-qam", "a build of commands")
    return made


def heard(said: str) -> list[str]:
    """Give the lines that GitHub's runner would obey."""
    stopped, obeyed = "", []
    for line in said.splitlines():
        trimmed = line.strip()
        if stopped:
            stopped = "" if trimmed == f"::{stopped}::" else stopped
        elif trimmed.startswith("::stop-commands::"):
            stopped = trimmed.removeprefix("::stop-commands::")
        elif trimmed.startswith("::") or "##[" in line:
            obeyed.append(line)
    assert not stopped, "later steps of the job are heard"
    return obeyed


def test_a_change_gives_the_runner_no_commands(repository: BrokerRepository) -> None:
    """Given a change whose build is made of workflow commands and says them, the runner obeys the gate's own alone."""
    done = subprocess.run(
        [sys.executable, "-m", "chronik_perf", "gate", "v1", "HEAD", "--no-profiles"],
        cwd=repository.root,
        env=environment(repository.root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,  # as the runner shows them: in one log
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 4, done.stdout
    assert "::error::forged" in done.stdout, "it is shown"
    [own] = heard(done.stdout)
    assert own.startswith("::error title=performance%3A no verdict::the build of HEAD")
    first = done.stdout.splitlines()[0]
    assert first.startswith("::stop-commands::")
    assert len(first) > 40, "nobody guesses it"


@pytest.mark.parametrize("command", ["compare", "bisect", "instructions"])
def test_other_commands_that_build_give_the_runner_no_commands_either(
    command: str, repository: BrokerRepository
) -> None:
    """Given the same change, measured by another command, its build's words are shown and nothing is obeyed."""
    done = subprocess.run(
        [sys.executable, "-m", "chronik_perf", command, "v1", "HEAD"],
        cwd=repository.root,
        env=environment(repository.root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 4, done.stdout
    assert "::error::forged" in done.stdout
    assert not heard(done.stdout)


def test_a_result_that_a_job_keeps_in_a_file_has_no_words_for_the_runner(
    repository: BrokerRepository,
) -> None:
    """Given stdout that goes to a file, the runner is told on stderr, which is all that it reads."""
    kept = repository.root / "kept.txt"
    with kept.open("w") as file:
        done = subprocess.run(
            [sys.executable, "-m", "chronik_perf", "compare", "v1", "HEAD"],
            cwd=repository.root,
            env=environment(repository.root),
            stdout=file,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    assert done.returncode == 4, done.stderr
    assert "stop-commands" not in kept.read_text()
    assert "::error::forged" in done.stderr
    assert not heard(done.stderr)


def test_outside_of_a_job_no_commands_are_printed(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a terminal, or a command whose output programs read, there is no runner to be told to stop."""
    assert "stop-commands" not in refused(["targets", "v1"], repository.root).stdout
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert "stop-commands" not in refused(["gate", "v1", "nothing"], repository.root).stdout


@pytest.mark.parametrize(("advisory", "code"), [([], 4), (["--advisory"], 0)])
def test_an_error_that_nobody_foresaw_is_told_to_the_job(
    advisory: list[str], code: int, repository: BrokerRepository, tmp_path: Path
) -> None:
    """Given a folder where the lock should be, the job is told that the gate failed, and goes on where it advises."""
    (repository.root / "chronik-perf.lock").mkdir()
    done = refused(["gate", "v1", "HEAD", *advisory], repository.root)
    assert done.returncode == code, done.stderr
    assert "chronik-perf.lock" in done.stderr
    assert (tmp_path / "output").read_text() == "outcome=failed\n"
    assert "chronik-perf.lock" in (tmp_path / "summary.md").read_text()
    [own] = heard(done.stdout)
    assert own.startswith("::error title=performance%3A no verdict::")


def test_a_gate_that_failed_can_be_asked_again(repository: BrokerRepository) -> None:
    """Given a folder with nothing but the page of a gate that failed, the next one goes there and tells its own."""
    page = repository.root / "run" / "summary.md"
    again = ["gate", "v1", "HEAD", "--out", "run"]
    assert refused(again, repository.root).returncode == 4
    first = page.read_text()
    repository.commit("v3", build="false")
    done = refused(again, repository.root)
    assert done.returncode == 4, done.stderr
    assert "the build of HEAD" in page.read_text()
    assert page.read_text() != first


@pytest.mark.parametrize(
    "theirs", [{"summary.md": "<!-- chronik-perf -->\n### No regression\n"}, {"notes": "mine"}]
)
def test_a_gate_takes_no_folder_of_somebody_else(
    theirs: dict[str, str], repository: BrokerRepository
) -> None:
    """Given a folder that holds a verdict, or anything beside such a page, it stays, and no option is named in vain."""
    assert refused(["gate", "v1", "HEAD", "--out", "run"], repository.root).returncode == 4
    for name, text in theirs.items():
        (repository.root / "run" / name).write_text(text)
    had = {file.name: file.read_text() for file in (repository.root / "run").iterdir()}
    done = refused(["gate", "v1", "HEAD", "--out", "run"], repository.root)
    assert done.returncode == 2
    assert "perf: run exists already; name another folder with --out\n" in done.stderr
    assert {file.name: file.read_text() for file in (repository.root / "run").iterdir()} == had


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ('workloads = ["zzz"]', "there is no workload 'zzz'"),
        ('budget = "soon"', "budget is 'soon'"),
        ('thresholds = { nope = "3%" }', "there is no metric 'nope'"),
        ('thresholds = { throughput = "-1%" }', "must be above 0, not -1%"),
        ('thresholds = { "throughput@zzz" = "3%" }', "no workload of this run is called 'zzz'"),
    ],
)
def test_a_gate_that_cannot_be_is_told_with_its_place(
    gate: str, says: str, repository: BrokerRepository
) -> None:
    """Given a [gate] with a slip, the base's is refused by file and section, and the head's is announced to be one."""
    good = repository.git("rev-parse", "HEAD")
    file = repository.root / "perf.toml"
    file.write_text(f"{file.read_text()}\n[gate]\n{gate}\n")
    repository.git("commit", "-qam", "a slip")
    done = refused(["gate", "HEAD", "HEAD"], repository.root)
    assert done.returncode == 2, done.stderr
    [sentence] = [line for line in done.stderr.splitlines() if line.startswith("perf: ")]
    assert sentence.startswith("perf: [gate] of the perf.toml of HEAD: ")
    assert says in sentence
    [told] = [line for line in gating.change(good, "HEAD", False, repository.root).announced if says in line]
    assert told.startswith(
        "the head's own gate would be refused once it is merged: [gate] of the perf.toml of HEAD: "
    )
