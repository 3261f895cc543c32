"""Two measurements on one machine spoil each other."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from chronik_perf.experiment import machine_lock
from chronik_perf.model import MeasurementFailed


def test_the_lock_is_held_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a measurement under way, a second one is refused; when the first has ended it may begin."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        machine_lock(wait=False),
        pytest.raises(MeasurementFailed, match="another measurement"),
        machine_lock(False),
    ):
        pass
    with machine_lock(wait=False):
        pass
