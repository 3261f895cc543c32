"""`perf history`: numbers of many versions are kept, shown with their change points, and the newest level is judged."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from chronik_perf.cli import run
from chronik_perf.store import save
from tests.builders import RAW, V220, V227, a_comparison


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


def test_detect_counts_empty_rows_of_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a table as a spreadsheet saves it (mark, CRLF, semicolons) with empty rows, positions count those rows."""
    rows = [f"{1900 + i};{value:.3f}".replace(".", ",") for i, value in enumerate(stepped([100, 110], 30))]
    rows[3] = rows[10] = ""
    file = tmp_path / "table.csv"
    file.write_bytes(("\ufeffyear;level\r\n" + "\r\n".join(rows) + "\r\n").encode())
    assert run(["history", "detect", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == [30]


@pytest.mark.parametrize("content", ["", "\n\n", "[]", "[null]", "{}"])
def test_detect_refuses_a_file_without_a_value(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a file that holds nothing, there is one sentence that says so, and exit code 2."""
    file = tmp_path / "empty"
    file.write_text(content)
    assert run(["history", "detect", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("perf: ") and "no" in said.err and said.err.count("\n") == 1


def test_detect_of_a_long_series_is_exact(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given 100,000 values with two steps far above the noise, both positions are exact, gaps counted."""
    values: list[float | None] = list(stepped([100, 110, 104], 33_334))
    values[5] = None
    file = tmp_path / "long.json"
    file.write_text(json.dumps(values))
    assert run(["history", "detect", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == [33_334, 66_668]


def test_detect_refuses_what_is_no_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a file that holds no series, there is one sentence on stderr, nothing on stdout, and exit code 2."""
    file = tmp_path / "words.txt"
    file.write_text("once\nupon\na\ntime\n")
    assert run(["history", "detect", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("perf: ") and said.err.count("\n") == 1


def kept(folder: Path, columns: dict[str, list[float]], **fields: str) -> list[str]:
    """Add series to a history in the folder, one value a version, and give the options that name it."""
    rows = ["version,metric,value,time,workload," + ",".join(fields)]
    for name, values in columns.items():
        metric, _, workload = name.partition("@")
        for i, value in enumerate(values):
            time = f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00Z"
            rows.append(f"v{i},{metric},{value},{time},{workload}," + ",".join(fields.values()))
    file = folder / "numbers.csv"
    file.write_text("\n".join(rows))
    db = ["--db", str(folder / "h.sqlite")]
    assert run(["history", "add", "--csv", str(file), *db]) == 0
    return db


def test_check_exits_with_1_for_a_loss_that_stayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a loss at v20 that stayed, check exits with 1 and says where, how much and how sure; accepted, with 0."""
    db = kept(tmp_path, {"throughput@raw": stepped([100, 88], 20), "cpu_per_message@raw": stepped([5], 40)})
    capsys.readouterr()
    assert run(["history", "check", *db]) == 1
    said = capsys.readouterr().out
    assert "▼ regressed" in said and "fell by 12" in said and "since v20" in said and "confidence" in said
    assert "✓ held" in said and "looked at 2 series" in said
    assert run(["history", "check", *db, "--metric", "cpu_per_message"]) == 0
    assert run(["history", "check", *db, "--since", "v20"]) == 0
    assert run(["history", "check", *db, "--since", "v19"]) == 1
    assert run(["history", "check", *db, "--since", "v99"]) == 2
    assert run(["history", "check", *db, "--metric", "latency"]) == 2


def test_check_exits_with_0_for_what_went_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a loss that went away again and a single spike at the end, check exits with 0."""
    values = stepped([100, 88, 100], 20)
    values[-1] /= 3
    db = kept(tmp_path, {"throughput@raw": values})
    assert run(["history", "check", *db]) == 0
    assert run(["history", "show", *db]) == 0
    shown = capsys.readouterr().out
    assert "went away again at v40" in shown and "undid an earlier change" in shown


def test_check_exits_with_3_for_too_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given three values, check exits with 3 and says how many are needed."""
    db = kept(tmp_path, {"throughput@raw": [100, 99, 50]})
    assert run(["history", "check", *db]) == 3
    assert "3 of the 6 values" in capsys.readouterr().out


def test_a_machine_that_is_gone_fails_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a loss on a machine whose values ended, and a newer one that holds, check looks at that and says so."""
    kept(tmp_path, {"throughput@raw": stepped([100, 80], 10)}, machine="old")
    db = kept(tmp_path, {"throughput@raw": stepped([300], 40)}, machine="new")
    assert run(["history", "check", *db]) == 0
    said = capsys.readouterr().out
    assert "on new" in said and "not looked at: 1 other machine" in said


def test_series_that_moved_together_are_shown_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given throughput and CPU that moved at v20, show begins with one finding that names both."""
    db = kept(
        tmp_path,
        {"throughput@raw": stepped([100, 88], 20), "cpu_per_message@raw": stepped([5, 6], 20, seed=9)},
    )
    capsys.readouterr()
    assert run(["history", "show", *db]) == 0
    assert capsys.readouterr().out.startswith("2 series moved at v20, for the worse, and stayed (2026-01-01)")


def test_a_run_is_added_once_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given the run of a comparison, it is added, refused the second time, and shown; its page is one file."""
    comparison = a_comparison(blocks=4, slices=2, evidence=False, histograms=False)
    (tmp_path / "run").mkdir()
    save(comparison, tmp_path / "run")
    db = ["--db", str(tmp_path / "h.sqlite")]
    assert (
        run(["history", "add", str(tmp_path / "run"), *db, "--label", "nightly", "--at", "2026-05-01"]) == 0
    )
    assert "measured beside v2.2.0" in capsys.readouterr().out
    assert run(["history", "add", str(tmp_path / "run"), *db]) == 2
    refused = capsys.readouterr().err
    assert "already" in refused and refused.count("\n") == 1
    assert run(["history", "add", str(tmp_path / "run"), *db, "--replace"]) == 0
    page = tmp_path / "page.html"
    assert run(["history", "show", *db, "--workload", "raw", "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "the ratio to v2.2.0, measured side by side" in shown and "(acks1)" not in shown
    assert page.read_text().endswith("</html>")


def test_a_regression_over_runs_is_found_beside_the_base(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given seven good and seven bad commits beside the same base, check fails on the ratio, from the first bad."""
    db = ["--db", str(tmp_path / "h.sqlite")]
    for day in range(1, 15):
        made = a_comparison(
            V220,
            V220 if day <= 7 else V227,
            blocks=4,
            slices=2,
            evidence=False,
            histograms=False,
            seed=day,
            workloads=(RAW,),
        )
        provenance = dataclasses.replace(made.candidate.provenance, commit=f"{day:02d}" * 20)
        made = dataclasses.replace(
            made,
            candidate=dataclasses.replace(made.candidate, name="main", provenance=provenance),
            started_at=f"2026-03-{day:02d}T10:00:00+00:00",
        )
        folder = tmp_path / f"run{day}"
        folder.mkdir()
        save(made, folder)
        assert run(["history", "add", str(folder), *db]) == 0
    capsys.readouterr()
    assert run(["history", "check", *db, "--metric", "throughput@raw"]) == 1
    said = capsys.readouterr().out
    assert "times v2.2.0" in said and "since main (0808080808)" in said
    assert run(["history", "show", *db]) == 0
    assert "series moved at main (0808080808)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add"], "give one of the two"),
        (["add", "x", "--csv", "y"], "give one of the two"),
        (["add", "x", "--better", "lower"], "--better is for --csv"),
        (["add", "--csv", "x", "--at", "2026-01-01"], "--at places a run"),
        (["add", "nowhere"], "nowhere"),
        (["show"], "there is no history"),
        (["check", "--db", "none.sqlite"], "there is no history at none.sqlite"),
        (["detect", "nothing.csv"], "cannot read nothing.csv"),
    ],
)
def test_bad_usage_is_one_sentence(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Given what cannot be, there is one sentence on stderr, exit code 2, and no file."""
    monkeypatch.chdir(tmp_path)
    assert run(["history", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("perf: ") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_is_bad_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a folder where the page should go, the exit code is 2 and the sentence names it."""
    db = kept(tmp_path, {"throughput@raw": stepped([100], 8)})
    (tmp_path / "page.html").mkdir()
    assert run(["history", "show", *db, "--html", str(tmp_path / "page.html")]) == 2
    assert "page.html, which is a folder" in capsys.readouterr().err


def test_names_do_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Given a version whose name holds an escape sequence, it is printed without."""
    file = tmp_path / "evil.json"
    file.write_text(json.dumps([{"version": "\x1b[31mred", "metric": "throughput", "value": 3}]))
    db = ["--db", str(tmp_path / "h.sqlite")]
    assert run(["history", "add", "--csv", str(file), *db]) == 0
    assert run(["history", "show", *db]) == 0
    shown = capsys.readouterr().out
    assert "red" in shown and "\x1b" not in shown
