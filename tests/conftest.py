"""What all tests share: in CI no test is skipped, because a skipped test shows nothing."""

from __future__ import annotations

import os

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in CI which tests did not run, since the run fails for them."""
    if os.environ.get("CI") and terminalreporter.stats.get("skipped"):
        terminalreporter.section("in CI no test may be skipped; install what these ask for")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a CI run in which a test was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
