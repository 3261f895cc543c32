"""A small disk that only one command and its children see."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.programs import FROM_ELSEWHERE, need


def on_a_small_disk(
    disk: Path, size: str, *command: str, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command with a disk of `size`, as mount takes it; skips the test where this user may mount nothing."""
    disk.mkdir()
    mine = () if os.geteuid() == 0 else ("--map-root-user",)
    mounts = f'mount -t tmpfs -o size={size} tmpfs "$1" || exit 99; shift; exec "$@"'
    done = subprocess.run(
        [need("unshare"), "--mount", *mine, "sh", "-c", mounts, "sh", str(disk), *command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip(f"{FROM_ELSEWHERE}no disk can be mounted here: {done.stderr.strip()}")
    return done
