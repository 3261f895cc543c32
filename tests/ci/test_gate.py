"""What a user's CI copies: the gate script and the two workflows that call it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chronik_perf import cli

ROOT = Path(__file__).resolve().parents[2]
GATE = ROOT / "ci" / "gate.sh"
PERF = Path(sys.executable).with_name("perf")


def shell(command: list[str | Path], cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder with these variables on top of the environment."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PERF": str(PERF), "TMPDIR": str(cwd), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def program_that_exits_with(code: int, folder: Path) -> str:
    """Make a program that measures nothing and ends with the code, for ends that no test can bring about."""
    path = folder / "ends"
    path.write_text(f'#!/bin/sh\necho "$@" > arguments\nexit {code}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    "script",
    [p.relative_to(ROOT).as_posix() for p in [*sorted((ROOT / "ci").glob("*.sh")), ROOT / ".ci" / "run"]],
)
def test_scripts_are_programs(script: str, tmp_path: Path) -> None:
    """Given any shell script of the project, it is executable and bash can read it."""
    assert os.access(ROOT / script, os.X_OK)
    done = shell(["bash", "-n", ROOT / script], tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_gate_passes_on_what_perf_says(tmp_path: Path) -> None:
    """Given an unknown version, the gate ends with perf's own exit code and sentence, and makes no folder."""
    done = shell([GATE, "v2.2.0", "v9"], tmp_path)
    assert done.returncode == cli.EXIT_USAGE
    assert "there is no version 'v9'" in done.stderr
    assert "nothing was measured" in done.stderr
    assert not (tmp_path / "chronik-perf-run").exists()


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 130])
def test_every_end_has_its_code_and_words(code: int, tmp_path: Path) -> None:
    """Given any documented end of perf, the gate ends with the same code, says what it means, and documents it."""
    done = shell([GATE, "old", "new", "--quick"], tmp_path, PERF=program_that_exits_with(code, tmp_path))
    assert done.returncode == code
    assert f"(exit code {code})" in done.stderr
    assert f"\n#   {code} " in GATE.read_text()
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments == ["compare", "old", "new", "--quick", "--out", "chronik-perf-run"]


@pytest.mark.parametrize(("setting", "exits"), [("pass", 0), ("fail", 3), ("maybe", 2)])
def test_an_inconclusive_end_is_let_through_only_when_asked(setting: str, exits: int, tmp_path: Path) -> None:
    """Given an inconclusive verdict, the gate says that it is one, and passes only with ON_INCONCLUSIVE=pass."""
    program = program_that_exits_with(3, tmp_path)
    done = shell([GATE, "old", "new"], tmp_path, PERF=program, ON_INCONCLUSIVE=setting)
    assert done.returncode == exits
    assert "no regression" not in done.stderr
    assert ("inconclusive" in done.stderr) == (exits != 2)


def test_a_failed_measurement_has_a_page(tmp_path: Path) -> None:
    """Given a measurement that failed, what the pull request shows says so and blames no version."""
    done = shell([GATE, "old", "new"], tmp_path, PERF=program_that_exits_with(4, tmp_path))
    page = (tmp_path / "chronik-perf-run" / "summary.md").read_text()
    assert done.returncode == cli.EXIT_FAILED
    assert "the measurement failed, which says nothing about new" in page


@pytest.mark.parametrize("arguments", [[], ["v2.2.0"], ["--quick", "v2.2.0"]])
def test_the_gate_needs_two_versions(arguments: list[str], tmp_path: Path) -> None:
    """Given fewer than two versions, the gate says how it is used and exits with 2."""
    done = shell([GATE, *arguments], tmp_path)
    assert done.returncode == cli.EXIT_USAGE
    assert done.stderr.startswith("usage:")


def test_the_gate_says_that_perf_is_missing(tmp_path: Path) -> None:
    """Given no program of that name, the gate says what to do and exits with 2, as nothing can be measured."""
    done = shell([GATE, "old", "new"], tmp_path, PERF="no-such-program")
    assert done.returncode == cli.EXIT_USAGE
    assert "no-such-program was not found" in done.stderr


def github() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "ci" / "github-actions.yml").read_text())
    return document


def gitlab() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "ci" / "gitlab-ci.yml").read_text())
    return document


def commands() -> Iterator[tuple[str, str]]:
    """Give the commands of both workflows that call the gate, by name of the system."""
    for step in github()["jobs"]["gate"]["steps"]:
        if "gate.sh" in step.get("run", ""):
            yield "github", step["run"]
    for line in gitlab()["performance"]["script"]:
        if "gate.sh" in line:
            yield "gitlab", line


def test_both_workflows_call_the_gate() -> None:
    """Given the two workflows, each calls the gate once."""
    assert [system for system, _ in commands()] == ["github", "gitlab"]


@pytest.mark.parametrize(("system", "command"), list(commands()))
def test_what_a_workflow_runs_reaches_perf(system: str, command: str, tmp_path: Path) -> None:
    """Given a workflow's own command in its own shell, names with spaces reach perf whole, and its code comes back."""
    base, candidate = "v2.2.0", "command:my broker --port {port}"
    variables = {"CHRONIK_PERF": str(ROOT), "BASE": base, "CANDIDATE": candidate, "OUT": "chronik-perf-run"}
    stand_in = tmp_path / "perf"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > arguments\nexit 1\n')
    stand_in.chmod(0o755)
    done = shell(["bash", "-eo", "pipefail", "-c", command], tmp_path, PERF=str(stand_in), **variables)
    assert done.returncode == 1, system
    assert (tmp_path / "arguments").read_text().splitlines()[:4] == ["compare", base, candidate, "--quick"]


def test_github_publishes_whatever_the_outcome(tmp_path: Path) -> None:
    """Given GitHub's workflow, summary and artifact come after a failed gate too, and it may write nothing."""
    workflow = github()
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["gate"]["steps"]
    gate = next(i for i, step in enumerate(steps) if "gate.sh" in step.get("run", ""))
    publishing = steps[gate + 1 :]
    assert len(publishing) == 2
    assert all(step["if"] == "always()" for step in publishing)
    assert publishing[1]["with"]["path"] == "${{ env.OUT }}"

    (tmp_path / "summary.md").write_text("**regressed**\n")
    page = tmp_path / "page"
    done = shell(
        ["bash", "-e", "-c", publishing[0]["run"]], tmp_path, OUT=str(tmp_path), GITHUB_STEP_SUMMARY=str(page)
    )
    assert done.returncode == 0, done.stderr
    assert page.read_text() == "**regressed**\n"


def test_no_input_is_pasted_into_a_script() -> None:
    """Given GitHub's expressions, none stands in a script, where an input could become a command."""
    for step in github()["jobs"]["gate"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_gitlab_publishes_whatever_the_outcome() -> None:
    """Given GitLab's job, the run is kept and its JUnit file read after a failed gate too; 3 is a warning."""
    job = gitlab()["performance"]
    out = job["variables"]["OUT"]
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["paths"] == [f"{out}/"]
    assert job["artifacts"]["reports"]["junit"] == f"{out}/junit.xml"
    assert job["allow_failure"] == {"exit_codes": cli.EXIT_INCONCLUSIVE}
