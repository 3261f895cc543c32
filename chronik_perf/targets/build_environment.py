"""What goes into a build beside the commit: variables of the caller, and the tools that perf.toml names."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shlex
import subprocess
from pathlib import Path

from chronik_perf.environment import passed
from chronik_perf.secrecy import redact
from chronik_perf.targets.manifest import Manifest
from chronik_perf.targets.process import lines_of, running

# Where tools keep their caches, and how they reach the network; what else a build reads, perf.toml names in pass_env.
_OF_TOOLS = (
    *("CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"),
)
_ANSWER_LIMIT_S = 20.0
_NOT_SET = "not set"


def build_environment(manifest: Manifest) -> dict[str, str]:
    """Give the complete environment of a build."""
    return passed(*_OF_TOOLS, *manifest.pass_env)


def key_of(commit: str, manifest: Manifest) -> str:
    """Name a build by all that goes into it: commit, command, the variables and tools that perf.toml names."""
    values = {name: os.environ.get(name) for name in manifest.pass_env}
    parts = json.dumps([commit, manifest.build, values, _tools(manifest, Path("/"))], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:20]


def named(manifest: Manifest) -> dict[str, str]:
    """Give, to be shown, the variables and tools for whose values a commit is built anew."""
    values = {name: os.environ.get(name, _NOT_SET) for name in manifest.pass_env}
    return {**redact(values), **_tools(manifest, Path("/"))}


def seen(manifest: Manifest, tree: Path) -> dict[str, str]:
    """Give, to be shown, all that a build in that tree sees: variables, and what its tools say of themselves there."""
    return {**redact(build_environment(manifest)), **_tools(manifest, tree)}


def _tools(manifest: Manifest, folder: Path) -> dict[str, str]:
    environment = tuple(sorted(build_environment(manifest).items()))
    return {command: said_by(command, environment, folder) for command in manifest.tools}


@functools.cache
def said_by(command: str, environment: tuple[tuple[str, str], ...], folder: Path) -> str:
    """Give what a tool says of its version, in one line and once a process; why not, where it says nothing."""
    try:
        with running(
            shlex.split(command),
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            said, _ = process.communicate(timeout=_ANSWER_LIMIT_S)
    except OSError as error:
        return f"cannot be run: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"did not answer within {_ANSWER_LIMIT_S:g} s"
    return "; ".join(lines_of(said)) or f"said nothing, exit code {process.returncode}"
