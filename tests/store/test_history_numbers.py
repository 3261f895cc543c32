"""A series is read from whatever holds one, its gaps keep their places, and what is no series is told in a sentence."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.store.history_numbers import Form, read_series

NAN = math.nan


def series(tmp_path: Path, content: str | bytes, form: Form = "auto") -> list[list[float]]:
    file = tmp_path / "series"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_series(file, form)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("[1, 2.5, null, 4]", [1, 2.5, NAN, 4]),
        ("[1, NaN, Infinity, 4, 1e400]", [1, NAN, NAN, 4, NAN]),
        ('["1", "2,5", "", "NA", 3]', None),
        ('["1", "", "NA", 3]', [1, NAN, NAN, 3]),
        ('{"values": [1, 2]}', [1, 2]),
        (
            '{"name": "x", "n_obs": 3, "time": {"index": [0, 1, 2]}, "series": [{"label": "V1", "raw": [5, null, 7]}]}',
            [5, NAN, 7],
        ),
        ('{"time": [0, 1], "throughput": [5, 6]}', [5, 6]),
        ('[{"time": 1, "value": 5}, {"time": 2, "value": null}, {"time": 3}]', [5, NAN, NAN]),
        ('[{"commit": "a", "p99": 5}, {"commit": "b", "p99": 6}]', [5, 6]),
        ("[[10, 5], [11, 6], [12, 5]]", [5, 6, 5]),
        ('{"time": 1, "value": 5}\n{"time": 2, "value": null}\n', [5, NAN]),
        ("1\n\n3\n", [1, NAN, 3]),
        ("1\r\nnan\r\n3\r\n", [1, NAN, 3]),
        ("\ufeffvalue\n1\n2\n", [1, 2]),
        ("# of last night\n1\n2", [1, 2]),
        ("7", [7]),
        ("1e3\n-.5\n+2.\n", [1000, -0.5, 2]),
        ("time,value,commit\n1,10,11\n2,,12\n3,30,13\n", [10, NAN, 30]),
        ("date,a,b\n2024-01-01,1,5\n2024-01-02,2,6\n", [5, 6]),
        ("2024-01-01,\n2024-01-02,6\n2024-01-03,7\n", [NAN, 6, 7]),
        ("day;ms\nMonday;1,5\nTuesday;2,5\n", [1.5, 2.5]),
        ("1\t5\n2\tnull\n3\t7\n", [5, NAN, 7]),
        ("0 5.5\n1 6.5\n", [5.5, 6.5]),
        ('"commit, short","throughput"\n"a, b",5\n"c",6\n', [5, 6]),
        ("\ufefftime;value\r\n1;1,5\r\n\r\n3;2,5\r\n", [1.5, NAN, 2.5]),
        ("\n\ntime,value\n1,5\n\n3,7\n\n", [5, NAN, 7]),
        ("price,year\n7.5,1999\n8.5,2000\n9,2001\n", [7.5, 8.5, 9]),
        ("level,month\n7,11\n8,12\n9,1\n", [7, 8, 9]),
        ("bytes,time\n100,3.1\n100,3.3\n100,2.9\n", [3.1, 3.3, 2.9]),
        ("4,1\n6,2\n5,3\n", [4, 6, 5]),
        ("visitors,year\n10,1999\n20,2000\n30,2001\n", [10, 20, 30]),
        ("year,visitors\n1999,10\n2000,20\n2001,30\n", [10, 20, 30]),
        ("3,1,2\n", [3, 1, 2]),
        ("id,value_ms\n20_,5\n21_,6\n", [5, 6]),
        ("id,value_ms\n2__0,5\n2_.5,6\n", [5, 6]),
        ("1_000\n2_000.5\n", [1000, 2000.5]),
        ("3.5 nan 2.5\n", [3.5, NAN, 2.5]),
        ('{"data": {"values": [1, null, 2]}}', [1, NAN, 2]),
        ("\ufeff[1, 2]", [1, 2]),
    ],
)
def test_a_series_is_read_with_its_gaps(tmp_path: Path, content: str, wanted: list[float] | None) -> None:
    """Given a series in one of many shapes, its values come in their order, NaN where one is missing."""
    if wanted is None:
        with pytest.raises(BadInput, match="value 1 is"):
            series(tmp_path, content)
        return
    [found] = series(tmp_path, content)
    assert found == pytest.approx(wanted, nan_ok=True)


def test_each_dimension_is_a_series(tmp_path: Path) -> None:
    """Given a multivariate series in the Turing shape or as observations, there is one column for each dimension."""
    turing = {"n_dim": 2, "series": [{"label": "V1", "raw": [1, 2, 3]}, {"label": "V2", "raw": [4, 5, None]}]}
    assert series(tmp_path, json.dumps(turing)) == [[1, 2, 3], pytest.approx([4, 5, NAN], nan_ok=True)]
    assert series(tmp_path, "[[3, 4], [1, 5], [2, 6]]") == [[3, 1, 2], [4, 5, 6]]
    assert series(tmp_path, "[[1, 2, 3], [4, 5, 6]]") == [[1, 2, 3], [4, 5, 6]]


def test_utf16_as_a_spreadsheet_writes_it_is_read(tmp_path: Path) -> None:
    """Given a file in UTF-16 with its mark, it is read as any other."""
    assert series(tmp_path, "value\n1\n2\n".encode("utf-16")) == [[1, 2]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no number"),
        ("\n\n", "holds no number"),
        ("[]", "holds no number"),
        ("[null, null]", "holds no number"),
        ("[[]]", "holds no number"),
        ("[[], [], []]", "holds no number"),
        ('{"values": [[]]}', "holds no number"),
        ("[1, 2", "JSON is broken at line 1"),
        ("[1, true]", "value 1 is true, which is no number"),
        ('[1, {"a": 2}]', "which is no number"),
        ('{"name": "x"}', "has no list of numbers"),
        ('[{"name": "x"}]', "have no number"),
        ("1\n2\ntwelve\n", "line 3 is 'twelve', which is no number"),
        ("a,b\nx,y\nz,w\n", "none of its columns holds numbers"),
        ("value,b\n1,2\nx,3\n", "row 2 has 'x' as its value"),
        ("[" * 100_000, "JSON"),
        (b"\x00\xff\x81", "is not text"),
        (b"PK\x03\x04\xff\xfe", "is not text"),
        ("{}", "has no list of numbers"),
    ],
)
def test_what_is_no_series_is_told_in_a_sentence(tmp_path: Path, content: str | bytes, said: str) -> None:
    """Given something else, the error says in one line what is wrong with it."""
    with pytest.raises(BadInput, match=said) as told:
        series(tmp_path, content)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Given no such file, the error names it."""
    with pytest.raises(BadInput, match=r"cannot read .*nothing"):
        read_series(tmp_path / "nothing")


def test_a_folder_is_told(tmp_path: Path) -> None:
    """Given a folder where a file should be, the error names it."""
    with pytest.raises(BadInput, match="cannot read"):
        read_series(tmp_path)
