"""Finds the programs that some tests use and that no Python package brings."""

from __future__ import annotations

import shutil

import pytest

# What .ci/run cannot promise, because it does not come as one of Debian's packages, such as what Maven fetches: a
# reason that begins so may skip a test in CI, too.
FROM_ELSEWHERE = "from elsewhere: "
_ELSEWHERE = frozenset({"java", "javac", "mvn"})


def need(*names: str) -> str:
    """Give the path of the first of these programs that is there; skips the test, saying why, where none is."""
    for name in names:
        if path := shutil.which(name):
            return path
    where = FROM_ELSEWHERE if _ELSEWHERE.issuperset(names) else ""
    pytest.skip(f"{where}{' or '.join(names)} is missing; install it from your system's packages")
