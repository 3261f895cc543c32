"""What all tests share: in CI a test that skips itself has failed, because a skipped test shows nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

from tests.programs import FROM_ELSEWHERE

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_configure() -> None:
    """Let programs under test hear Ctrl-C: a suite started in the background hands down that it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if FROM_ELSEWHERE in why:
            return
        report.outcome = "failed"
        report.longrepr = f"in CI no test may be skipped; .ci/run installs what it needs. {why}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip in a test or fixture into a failure that says what was missing."""
    report = yield
    _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure, too."""
    report = yield
    _refuse(report)
    return report
