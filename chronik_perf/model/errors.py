"""The two ways to fail, so that a command can give one sentence and the right exit code."""

from __future__ import annotations


class PerfError(Exception):
    """One clear sentence for a person: what, where, what to do."""


class BadInput(PerfError):
    """The user asked for something that cannot be (exit code 2)."""


class MeasurementFailed(PerfError):
    """What was asked for is right, and the measurement failed (exit code 4)."""
