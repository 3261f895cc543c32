"""What stands in ci/'s files: they keep to their published schemas, and no input or stranger gets into a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chronik_perf import cli
from tests.ci.runners import CI, COMPONENT, ROOT, component, gitlab_job

ACTIONS = sorted(CI.glob("*/action.yml"))
WORKFLOWS = sorted((CI / "github").glob("*.yml"))
TOOLKIT = {"toolkit-url": "https://gitlab.example.org/perf/chronik-perf.git"}


def against(schema: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Check files against a schema as SchemaStore publishes it; check-jsonschema brings them, so no network is used."""
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--builtin-schema", f"vendor.{schema}", *files]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def document(path: Path) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(path.read_text())
    return read


def test_actions_and_workflows_keep_to_githubs_schemas(tmp_path: Path) -> None:
    """Given every action and workflow, each is valid, and a slip in one would be found."""
    for schema, files in (("github-actions", ACTIONS), ("github-workflows", WORKFLOWS)):
        assert files
        done = against(schema, *files)
        assert done.returncode == 0, done.stdout
        slip = tmp_path / f"{schema}.yml"
        slip.write_text(files[0].read_text().replace("runs", "rnus"))
        assert against(schema, slip).returncode == 1


def test_both_documents_of_the_component_keep_to_gitlabs_schema(tmp_path: Path) -> None:
    """Given the component's spec, and its jobs with the inputs put in, each is valid, and a slip would be found."""
    spec, jobs = component(**TOOLKIT)
    for name, content in (("spec", spec), ("jobs", jobs)):
        file = tmp_path / f"{name}.yml"
        file.write_text(yaml.safe_dump(content))
        done = against("gitlab-ci", file)
        assert done.returncode == 0, done.stdout
        file.write_text(file.read_text().replace("inputs:", "in:").replace("script:", "srcipt:"))
        assert against("gitlab-ci", file).returncode == 1
    assert "$[[" not in yaml.safe_dump(jobs)


@pytest.mark.parametrize("script", [*sorted(CI.glob("*.sh")), ROOT / ".ci" / "run"], ids=lambda p: p.name)
def test_scripts_are_programs(script: Path) -> None:
    """Given any shell script of the project, it is executable and bash can read it."""
    assert os.access(script, os.X_OK)
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_input_is_pasted_into_a_shell() -> None:
    """Given all that shells get to read, no expression stands in it: each comes as a variable."""
    for action in ACTIONS:
        for step in document(action)["runs"]["steps"]:
            assert "${{" not in step.get("run", "")
    for workflow in WORKFLOWS:
        for job in document(workflow)["jobs"].values():
            assert not any("run" in step for step in job["steps"])
    _, jobs = yaml.safe_load_all(COMPONENT.read_text())
    assert not any("$[[" in line for job in jobs.values() for line in job.get("script", []))


def test_a_forks_code_gets_no_rights() -> None:
    """Given the workflows, what runs a change's code may only read; what may write runs none of it."""
    runs_code = [document(CI / "github" / n) for n in ("performance.yml", "performance-since-release.yml")]
    for workflow in runs_code:
        assert workflow["permissions"] == {"contents": "read"}
        [job] = workflow["jobs"].values()
        assert "permissions" not in job
        checkout = job["steps"][0]
        assert checkout["uses"].startswith("actions/checkout@")
        assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    # YAML reads the key `on` as true.
    assert list(runs_code[0][True]) == ["pull_request"]
    comment = document(CI / "github" / "performance-comment.yml")
    assert comment[True]["workflow_run"]["workflows"] == [runs_code[0]["name"]]
    assert comment["permissions"] == {}
    [job] = comment["jobs"].values()
    assert job["permissions"] == {"actions": "read", "pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in job["steps"]] == ["OWNER/chronik-perf/ci/comment"]
    for path in (*WORKFLOWS, *ACTIONS):
        assert "secrets." not in path.read_text()


def test_the_workflows_give_inputs_that_there_are() -> None:
    """Given each use of our actions, the action is there and has those inputs."""
    for workflow in WORKFLOWS:
        for job in document(workflow)["jobs"].values():
            for step in job["steps"]:
                name = step["uses"].partition("@")[0]
                if name.startswith("OWNER/chronik-perf/"):
                    action = document(ROOT / name.removeprefix("OWNER/chronik-perf/") / "action.yml")
                    assert set(step.get("with", {})) <= set(action["inputs"])


def test_gitlab_keeps_what_a_failed_job_made() -> None:
    """Given GitLab's jobs, reports are kept after a failure too, 3 is a warning, and each has its kind of pipeline."""
    _, jobs = component(**TOOLKIT)
    sources = {"performance": "merge_request_event", "performance-since-release": "schedule"}
    for name, source in sources.items():
        job = gitlab_job(jobs, name)
        out = job["variables"]["PERF_GATE_OUT"]
        assert job["artifacts"]["when"] == "always"
        assert job["artifacts"]["paths"] == [f"{out}/"]
        assert set(job["artifacts"]["reports"]) == {"junit", "codequality", "metrics"}
        assert all(path.startswith(f"{out}/") for path in job["artifacts"]["reports"].values())
        assert job["allow_failure"] == {"exit_codes": cli.EXIT_INCONCLUSIVE}
        assert job["rules"] == [{"if": f'$CI_PIPELINE_SOURCE == "{source}"'}]
        assert job["variables"]["GIT_DEPTH"] == "0"
