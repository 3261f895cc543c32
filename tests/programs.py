"""Finds the programs that some tests use and that no Python package brings."""

from __future__ import annotations

import shutil

import pytest


def need(*names: str) -> str:
    """Give the path of the first of these programs that is there; skips the test, saying why, where none is."""
    for name in names:
        if path := shutil.which(name):
            return path
    pytest.skip(f"{' or '.join(names)} is missing; install it from your system's packages")
