"""A broker's repository as a test makes it: commits of the reference broker's releases, described by a perf.toml."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MANIFEST = """
[build]
command = "{build}"
timeout_s = {timeout_s}
pass_env = ["BUILD_FLAVOUR"]

[start]
command = "{python} -P -m broker start --version {version} --host {{host}} --port {{port}} \
--metrics-port {{metrics_port}} --data-dir {{data_dir}} {{set}}"
ready_line = '"port": [0-9]+'

[env]
PYTHONPATH = "src"

[metrics]
url = "http://{{host}}:{{metrics_port}}/metrics"
interesting = ["chronik_wal_syncs_total", "chronik_connections", "no_such_metric"]

[settings]
override_with = "--set {{key}}={{value}}"
known = {{ "wal.profile" = "low" }}
"""


class BrokerRepository:
    """Commits perf.tomls that start one release or another."""

    def __init__(self, root: Path, python: str) -> None:
        self.root = root
        self._python = python
        root.mkdir()
        shutil.copytree(
            ROOT / "broker", root / "src" / "broker", ignore=shutil.ignore_patterns("__pycache__")
        )
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        """Run git there, as nobody in particular."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        identity = (
            "-c",
            "user.name=nobody",
            "-c",
            "user.email=nobody@example.org",
            "-c",
            "commit.gpgsign=false",
        )
        done = subprocess.run(
            ["git", *identity, "-C", str(self.root), *words],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        )
        return done.stdout.strip()

    def commit(
        self, tag: str, version: str = "v2.2.0", build: str = "echo built > artefact", timeout_s: int = 60
    ) -> str:
        """Commit a perf.toml that starts a release and is built so, tag it, and give the commit."""
        text = MANIFEST.format(version=version, build=build, timeout_s=timeout_s, python=self._python)
        (self.root / "perf.toml").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", tag)
        self.git("tag", tag)
        return self.git("rev-parse", "HEAD")
