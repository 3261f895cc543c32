"""Does with ci/'s files what GitHub's and GitLab's runners do, as far as those files use them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "ci"
COMPONENT = CI / "gitlab" / "template.yml"


@dataclass
class ActionRun:
    """What came of an action: whether it failed, its outputs, what it said, and the steps left to other actions."""

    failed: bool = False
    said: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    used: list[dict[str, Any]] = field(default_factory=list)


def run_action(file: Path, inputs: dict[str, str], workspace: Path, files: Path, **given: str) -> ActionRun:
    """Run the `run` steps of a composite action in order, with the environment and files that GitHub's runner gives."""
    action = yaml.safe_load(file.read_text())
    values = {f"inputs.{k}": str(v.get("default", "")) for k, v in action.get("inputs", {}).items()}
    unknown = {f"inputs.{k}" for k in inputs} - set(values)
    assert not unknown, f"{file} has no such inputs: {unknown}"
    values |= {f"inputs.{k}": v for k, v in inputs.items()} | {"github.token": "a-token"}
    files.mkdir()
    run = ActionRun()
    for n, step in enumerate(action["runs"]["steps"]):
        if run.failed and step.get("if") != "always()":
            continue
        if "uses" in step:
            run.used.append({k: _evaluated(str(v), values) for k, v in step["with"].items()})
            continue
        assert step["shell"] == "bash"
        (files / f"{n}.sh").write_text(step["run"])
        told = {name: files / f"{name}-{n}" for name in ("OUTPUT", "STEP_SUMMARY", "ENV", "PATH")}
        for path in told.values():
            path.touch()
        done = _bash(
            ["--noprofile", "--norc", "-e", "-o", "pipefail", str(files / f"{n}.sh")],
            workspace,
            GITHUB_ACTIONS="true",
            GITHUB_ACTION_PATH=str(file.parent),
            GITHUB_WORKSPACE=str(workspace),
            **{f"GITHUB_{name}": str(path) for name, path in told.items()},
            **{k: _evaluated(v, values) for k, v in step.get("env", {}).items()},
            **given,
        )
        run.failed |= done.returncode != 0
        run.said += done.stdout + done.stderr
        run.summary += told["STEP_SUMMARY"].read_text()
        for line in told["OUTPUT"].read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
    for name, output in action.get("outputs", {}).items():
        run.outputs[name] = _evaluated(output["value"], values)
    return run


def component(**inputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the two documents of GitLab's component: its spec, and its jobs with the inputs put in."""
    spec, jobs = yaml.safe_load_all(COMPONENT.read_text())
    declared = spec["spec"]["inputs"]
    assert set(inputs) <= set(declared)
    values = {k: inputs[k] if k in inputs else v["default"] for k, v in declared.items()}
    return spec, _put_in(jobs, values)


def gitlab_job(jobs: dict[str, Any], name: str) -> dict[str, Any]:
    """Give a job with what it extends: tables are merged, all else is replaced."""
    job: dict[str, Any] = jobs[name]
    if "extends" not in job:
        return job
    below = gitlab_job(jobs, job["extends"])
    tables = {k: {**below.get(k, {}), **v} for k, v in job.items() if isinstance(v, dict)}
    return {**below, **job, **tables}


def run_job(job: dict[str, Any], folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """Run a job's script as GitLab's runner does: all lines in one shell that ends at the first failure."""
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    return _bash(["-c", script], folder, GITLAB_CI="true", **job["variables"], **given)


def _bash(arguments: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    of_a_job = ("GITHUB_", "CI_", "PERF_GATE_", "GIT_", "MAKE")
    own = {k: v for k, v in os.environ.items() if not k.startswith(of_a_job)}
    return subprocess.run(
        ["bash", *arguments],
        cwd=folder,
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def _evaluated(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: values.get(found[1], ""), text)


def _put_in(node: Any, values: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        return {k: _put_in(v, values) for k, v in node.items()}
    if isinstance(node, list):
        return [_put_in(v, values) for v in node]
    if not isinstance(node, str):
        return node

    def shown(found: re.Match[str]) -> str:
        value = values[found[1]]
        return str(value).lower() if isinstance(value, bool) else str(value)

    return re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", shown, node)
