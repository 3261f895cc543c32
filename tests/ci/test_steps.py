"""The steps of GitHub's action and of GitLab's component, run for real in a repository of a broker."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from chronik_perf.report.markdown import MARKER
from tests.ci.runners import CI, ActionRun, component, gitlab_job, run_action, run_job
from tests.targets.repository import BrokerRepository

PERF = Path(sys.executable).with_name("perf")
GATE = '\n[gate]\nworkloads = ["raw"]\nbudget = "8s"\n'
HOSTILE = '"; touch injected; "$(touch injected)`touch injected`\' || touch injected #'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder for builds and locks of these tests' own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def toolkit(home: Path) -> Path:
    """Make a checkout of the toolkit whose installation is the environment that the tests run in."""
    made = home / "toolkit"
    shutil.copytree(CI, made / "ci")
    (made / "Makefile").write_text(f"environment:\n\tmkdir -p .venv/bin\n\tln -sf '{PERF}' .venv/bin/perf\n")
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-qm", "toolkit")):
        subprocess.run(["git", "-C", made, *words], check=True, timeout=20)
    return made


@pytest.fixture(scope="module")
def repository(home: Path) -> BrokerRepository:
    """Make a repository with a release, a main branch, and a change after which each message is stored twice."""
    made = BrokerRepository(home / "repository", sys.executable)
    made.commit("v1")
    manifest = made.root / "perf.toml"
    manifest.write_text(manifest.read_text() + GATE)
    made.git("commit", "-qam", "gate")
    made.git("update-ref", "refs/remotes/origin/main", "main")
    made.git("checkout", "-q", "-b", "change")
    source = made.root / "src" / "broker" / "produce.py"
    once = "self._incoming.append((connection, log, reply, header, rest))"
    assert source.read_text().count(once) == 1
    source.write_text(source.read_text().replace(once, f"{once}; {once.replace('reply', 'None')}"))
    made.git("commit", "-qam", "each message twice")
    made.git("checkout", "-q", "-b", "unbuildable")
    manifest.write_text(manifest.read_text().replace("echo built", "false && echo built"))
    made.git("commit", "-qam", "cannot be built")
    return made


def gate(
    repository: BrokerRepository, branch: str, toolkit: Path, files: Path, inputs: dict[str, str]
) -> ActionRun:
    """Run GitHub's action on a branch as for a pull request into main."""
    repository.git("checkout", "-q", branch)
    home = repository.root.parent
    return run_action(
        toolkit / "ci" / "action" / "action.yml",
        inputs,
        repository.root,
        files / "runner",
        GITHUB_BASE_REF="main",
        XDG_CACHE_HOME=str(home / "cache"),
        TMPDIR=str(home),
    )


def test_a_regression_fails_the_action(repository: BrokerRepository, toolkit: Path, tmp_path: Path) -> None:
    """Given a change that regressed, the job fails, its page says by what, and the artifact holds the whole run."""
    run = gate(repository, "change", toolkit, tmp_path, {"out": str(tmp_path / "run")})
    assert run.failed, run.said
    assert run.outputs == {"outcome": "regression", "exit-code": "1", "run": str(tmp_path / "run")}
    assert run.summary.startswith(MARKER)
    assert "stored" in run.summary.splitlines()[1]
    assert "::error title=" in run.said
    [upload] = run.used
    assert (upload["name"], upload["path"]) == ("chronik-perf", str(tmp_path / "run"))
    assert (tmp_path / "run" / "summary.md").read_text() == run.summary
    for name in ("report.html", "junit.xml", "comparison.json"):
        assert (tmp_path / "run" / name).exists()
    document = json.loads((tmp_path / "run" / "comparison.json").read_text())
    base = document["base"]["provenance"]["commit"]
    assert base == repository.git("rev-parse", "main")
    assert document["command"].startswith(f"perf gate {base[:12]} HEAD --repo . --seed ")


def test_a_regression_fails_the_job_of_a_merge_request(
    repository: BrokerRepository, toolkit: Path, home: Path
) -> None:
    """Given the same change on GitLab, the job exits with 1, and each report that it names is there to be read."""
    repository.git("checkout", "-q", "change")
    _, jobs = component(**{"toolkit-url": str(toolkit), "budget": "8s"})
    job = gitlab_job(jobs, "performance")
    done = run_job(
        job,
        repository.root,
        CI_MERGE_REQUEST_DIFF_BASE_SHA=repository.git("rev-parse", "main"),
        XDG_CACHE_HOME=str(home / "cache"),
        TMPDIR=str(home),
    )
    assert done.returncode == 1, done.stderr
    named = job["artifacts"]["reports"]
    reports = {kind: (repository.root / path).read_text() for kind, path in named.items()}
    assert ET.fromstring(reports["junit"]).find("testcase/failure") is not None
    assert [issue["check_name"] for issue in json.loads(reports["codequality"])]
    assert reports["metrics"].endswith("# EOF\n")


def test_a_scheduled_job_compares_with_the_last_release(
    repository: BrokerRepository, toolkit: Path, home: Path
) -> None:
    """Given GitLab's scheduled job, the base is the last release, and a failed build is the documented exit code."""
    repository.git("checkout", "-q", "unbuildable")
    shutil.rmtree(repository.root / "chronik-perf-run", ignore_errors=True)  # as GitLab's runner cleans up
    _, jobs = component(**{"toolkit-url": str(toolkit)})
    job = gitlab_job(jobs, "performance-since-release")
    done = run_job(job, repository.root, XDG_CACHE_HOME=str(home / "another-cache"), TMPDIR=str(home))
    assert done.returncode == 4
    assert "building v1" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("perf: the build of HEAD")


@pytest.mark.parametrize(("advisory", "code"), [("false", "4"), ("true", "0")])
def test_a_failed_measurement_has_a_page(
    repository: BrokerRepository, toolkit: Path, tmp_path: Path, advisory: str, code: str
) -> None:
    """Given a change that cannot be built, page and artifact say that it was not measured, and blame no version."""
    inputs = {"advisory": advisory, "out": str(tmp_path / "run")}
    run = gate(repository, "unbuildable", toolkit, tmp_path, inputs)
    assert run.failed == (code != "0")
    assert (run.outputs["outcome"], run.outputs["exit-code"]) == ("failed", code)
    assert run.summary.startswith(
        f"{MARKER}\n### The measurement failed, which says nothing about the change\n"
    )
    assert "the build of HEAD" in run.summary
    assert (tmp_path / "run" / "summary.md").read_text() == run.summary
    assert "::error title=" in run.said


@pytest.mark.parametrize("name", ["base", "budget", "repository"])
def test_an_input_is_never_a_command(
    repository: BrokerRepository, toolkit: Path, tmp_path: Path, name: str
) -> None:
    """Given an input that would be a command to a shell, perf refuses it as the name or number that it is not."""
    inputs = {"base": "main", "head": "nothing", name: HOSTILE}
    run = gate(repository, "change", toolkit, tmp_path, inputs)
    assert run.failed
    assert run.outputs["exit-code"] == "2", run.said
    assert "injected" in run.said
    assert not list(repository.root.rglob("injected*")) and not list(tmp_path.rglob("injected*"))
