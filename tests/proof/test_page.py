"""One command makes every table; the short form does it in seconds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.proof.__main__ import main
from benchmarks.proof.dataset import add, lines
from benchmarks.proof.record_table import counts
from benchmarks.proof.rows import comparison_line, start_lines
from chronik_perf.model import Comparison
from tests.builders import V220, V227, Noise, a_comparison


def record(folder: Path, comparison: Comparison, run: str, label: str, code: int) -> None:
    """Add a built comparison as the recorder would; built starts have no common clock, so blocks get 8 s each."""
    starts = [row | {"began_s": 8.0 * row["block"]} for row in start_lines(comparison, run)]
    add(folder, comparison_line(comparison, run, label, code), starts)


def test_the_short_form_makes_every_table_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From three A/A comparisons and a regression come five sections, in which every row has its header's columns."""
    for i in range(3):
        record(
            tmp_path,
            a_comparison(V220, V220, blocks=20, histograms=False, evidence=False, noise=Noise(), seed=i),
            f"aa-{i}",
            "A/A",
            0,
        )
    record(
        tmp_path,
        a_comparison(V220, V227, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=9),
        "bad",
        "regression",
        1,
    )
    assert main(["--data", str(tmp_path), "--short"]) == 0
    page = capsys.readouterr().out
    assert [int(n) for n in re.findall(r"^## (\d)", page, re.MULTILINE)] == [1, 2, 3, 4, 5]
    assert "3 recorded comparisons" in page and "and 1 of versions that differ" in page
    for table in re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE):
        rows = table.splitlines()
        assert len(rows) > 2, table
        assert len({row.count("|") for row in rows}) == 1, table


def test_false_words_of_real_comparisons_are_counted_as_they_were_said(tmp_path: Path) -> None:
    """A comparison labelled A/A whose verdict was a regression shows up as called slower; nothing is explained away."""
    record(
        tmp_path,
        a_comparison(V220, V220, blocks=14, histograms=False, evidence=False, noise=Noise(), seed=1),
        "a",
        "A/A",
        0,
    )
    record(
        tmp_path,
        a_comparison(V220, V227, blocks=9, histograms=False, evidence=False, noise=Noise(), seed=2),
        "b",
        "A/A",
        1,
    )
    *_, both = counts(lines(tmp_path))
    assert (both.comparisons, both.slower, both.faster, both.unchanged) == (2, 1, 0, 1)
    assert both.bound > 0.5


def test_the_page_is_written_whole_where_it_was_asked_for(tmp_path: Path) -> None:
    """An empty data set still gives the page: what was drawn needs no recorded blocks."""
    out = tmp_path / "page.md"
    assert main(["--data", str(tmp_path / "none"), "--short", "--out", str(out)]) == 0
    assert "None has been recorded" in out.read_text(encoding="utf-8")
