"""`perf history`: numbers of many versions are kept, shown with their change points, and the newest level is judged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chronik_perf.cli import run


def stepped(levels: list[float], each: int, noise: float = 0.01, seed: int = 7) -> list[float]:
    """Give `each` values at every one of the levels, with relative normal noise."""
    drawn = np.random.default_rng(seed).normal(1, noise, (len(levels), each))
    return [float(v) for v in (np.array(levels)[:, None] * drawn).ravel()]


def test_detect_prints_the_positions_of_the_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a series with two steps in any form, stdout is the JSON list of the first positions of the new levels."""
    values = stepped([100, 110, 95], 30)
    as_json, as_lines, as_csv = tmp_path / "a.json", tmp_path / "a.txt", tmp_path / "a.csv"
    as_json.write_text(json.dumps({"series": [{"raw": values}]}))
    as_lines.write_text("\n".join(map(str, values)))
    as_csv.write_text("time,value\n" + "\n".join(f"2026-01-{i},{v}" for i, v in enumerate(values)))
    for file in (as_json, as_lines, as_csv):
        assert run(["history", "detect", str(file)]) == 0
        printed = capsys.readouterr().out
        assert json.loads(printed) == [30, 60]


def test_a_gap_keeps_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given gaps before a step, the position counts them."""
    values: list[float | None] = list(stepped([100, 110], 30))
    values[3] = values[10] = values[11] = None
    file = tmp_path / "gaps.txt"
    file.write_text("\n".join("" if v is None else str(v) for v in values))
    assert run(["history", "detect", str(file), "--format", "lines"]) == 0
    assert json.loads(capsys.readouterr().out) == [30]


def test_a_change_of_two_dimensions_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given two dimensions that moved at one place, and one that moved alone later, there are two positions."""
    file = tmp_path / "two.json"
    one, other = stepped([100, 110, 110], 30), stepped([7, 9, 5], 30, seed=8)
    file.write_text(json.dumps({"series": [{"raw": one}, {"raw": other}]}))
    assert run(["history", "detect", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == [30, 60]


def test_a_series_that_never_moves_has_no_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given noise around one level, or too few values to tell, the list is empty."""
    file = tmp_path / "still.json"
    for values in (stepped([100], 60), [1.0, 2.0], [5.0] * 40):
        file.write_text(json.dumps(values))
        assert run(["history", "detect", str(file)]) == 0
        assert json.loads(capsys.readouterr().out) == []


def test_detect_refuses_what_is_no_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a file that holds no series, there is one sentence on stderr, nothing on stdout, and exit code 2."""
    file = tmp_path / "words.txt"
    file.write_text("once\nupon\na\ntime\n")
    assert run(["history", "detect", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("perf: ") and said.err.count("\n") == 1
