"""The set-up: what `make compare` makes of an exit code, and that CI lets no test skip itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import need

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("code", "succeeds", "says"),
    [
        (1, True, "which is what this demonstration is to show"),
        (0, False, "found no regression"),
        (3, False, "too noisy"),
        (4, False, "nothing was decided"),
        (130, False, "interrupted"),
    ],
)
def test_make_compare_succeeds_on_a_regression_only(
    code: int, succeeds: bool, says: str, tmp_path: Path
) -> None:
    """Given any end of perf, the target succeeds if the regression was shown, and says what was."""
    perf = tmp_path / "bin" / "perf"
    perf.parent.mkdir()
    perf.write_text(f'#!/bin/sh\n[ "$*" = "compare v2.2.0 v2.2.7" ] || exit 99\nexit {code}\n')
    perf.chmod(0o755)
    (tmp_path / ".runtime").touch()  # newer than any lock file, so that no environment is made
    done = subprocess.run(
        [need("make"), "-C", ROOT, "compare", f"VENV={tmp_path}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode == 0) == succeeds
    assert says in done.stdout + done.stderr


@pytest.mark.parametrize(("ci", "code", "says"), [("", 0, "1 skipped"), ("true", 1, "1 failed")])
def test_a_skip_is_a_failure_in_ci_only(ci: str, code: int, says: str, tmp_path: Path) -> None:
    """Given a missing program, its test is skipped for a user and fails in CI; both say what is missing."""
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_it():\n    pytest.skip('kcat is missing')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code
    assert says in done.stdout.splitlines()[-1]
    assert "kcat is missing" in done.stdout
