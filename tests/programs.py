"""Finds what some tests use and no Python package brings: programs, and rights that a user has or gives away."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from chronik_perf.network import why_no_namespace

# What .ci/run cannot promise, because it does not come as one of Debian's packages, such as what Maven fetches, or is a
# right that a container withholds: a reason that begins so may skip a test in CI, too.
FROM_ELSEWHERE = "from elsewhere: "
_ELSEWHERE = frozenset({"java", "javac", "mvn"})


def need(*names: str) -> str:
    """Give the path of the first of these programs that is there; skips the test, saying why, where none is."""
    for name in names:
        if path := shutil.which(name):
            return path
    where = FROM_ELSEWHERE if _ELSEWHERE.issuperset(names) else ""
    pytest.skip(f"{where}{' or '.join(names)} is missing; install it from your system's packages")


def needs_namespaces() -> None:
    """Skip the test where this user may make no network namespace; that it is refused then has tests of its own."""
    if why := why_no_namespace():
        pytest.skip(f"{FROM_ELSEWHERE}no network namespaces: {why}")


def unprivileged(*command: str) -> list[str]:
    """Give the words that run a command without the right to make network namespaces, whoever runs the tests."""
    return [sys.executable, str(Path(__file__).with_name("unprivileged.py")), *command]


def bound_by_modes(*command: str) -> list[str]:
    """Give the words that run a command for which the modes of folders hold, whoever runs the tests: root has a way."""
    if os.geteuid() != 0:
        return list(command)
    return [need("setpriv"), "--bounding-set=-dac_override,-dac_read_search", *command]
