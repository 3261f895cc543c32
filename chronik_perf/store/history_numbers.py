"""Reads a series of numbers out of whatever a person or another tool wrote: JSON, CSV, or one value a line.

Positions are kept: what stands for a missing value is a gap (NaN) and not left out, so that an index into the result is
an index into the file's values.
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from chronik_perf.model import BadInput
from chronik_perf.store.reading import read

Form: TypeAlias = Literal["auto", "json", "csv", "lines"]
Column: TypeAlias = list[float]
"""One series; NaN where there is no value."""

GAPS = frozenset({"", "-", "?", "na", "n/a", "nan", "null", "none", "nil", ".", "missing"})
# Where an object holds its numbers, the likeliest first.
KEYS = ("series", "values", "value", "raw", "y", "data", "observations", "measurements", "points")
_ONE_VALUE = ("value", "raw", "y", "values", "measurement")
_TIMES = frozenset({"t", "time", "timestamp", "date", "datetime", "index", "x"})
_CALENDAR = frozenset({"year", "quarter", "month", "week", "day", "hour"})
# They may name what was measured, too; where they count, they never fall.
_COUNTERS = _TIMES | {"id", "no", "n", "nr", "row", "obs"}
_NUMBER = re.compile(r"[-+]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|infinity)", re.IGNORECASE)
_SEPARATORS = (";", "\t", "|", ",")  # the comma last: beside another it is a decimal one


def read_series(file: Path, form: Form = "auto") -> list[Column]:
    """Give the series of a file, all of one length: one, or one for each dimension of a multivariate file.

    JSON is a list of numbers (null is a gap), a list of observations, or an object with such a list, which covers the
    shape of the Turing Change Point Dataset. CSV gives its column `value`, or else its last column of numbers that does
    not merely count (years, row numbers); lines are one value each. An empty line is a gap, in both; a single line of
    several numbers is a series. The file `-` is stdin.

    Raises BadInput, one sentence, for what cannot be read or holds no number.
    """
    data = sys.stdin.buffer.read() if str(file) == "-" else read(file)
    name = "stdin" if str(file) == "-" else str(file)
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not text; give a series as JSON, as CSV, or one value a line") from None
    if form == "auto":
        form = "json" if text.lstrip()[:1] in ("[", "{") else "csv"
    try:
        columns = _from_json(text) if form == "json" else _from_text(text, form)
    except (ValueError, csv.Error) as error:
        raise BadInput(f"{name} holds no series: {error}") from None
    if not any(math.isfinite(v) for column in columns for v in column):
        raise BadInput(f"{name} holds no number; give a series as JSON, as CSV, or one value a line")
    return columns


def _from_json(text: str) -> list[Column]:
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        content = _one_json_a_line(text)
        if content is None:
            raise ValueError(f"its JSON is broken at line {error.lineno} ({error.msg.lower()})") from None
    columns = _columns(content)
    longest = max((len(c) for c in columns), default=0)
    return [c + [math.nan] * (longest - len(c)) for c in columns]


def _one_json_a_line(text: str) -> list[Any] | None:
    """Give the values of a text that has one piece of JSON a line; None where it has not."""
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return None


def _columns(content: Any) -> list[Column]:
    """Give the series in a piece of JSON, one for each dimension."""
    if isinstance(content, dict):
        for key in KEYS:
            if isinstance(content.get(key), (list, dict)):
                return _columns(content[key])
        lists = {k: v for k, v in content.items() if isinstance(v, list) and str(k).lower() not in _TIMES}
        if not lists:
            raise ValueError("its JSON object has no list of numbers, such as under the key values")
        return [column for part in lists.values() for column in _columns(part)]
    if not isinstance(content, list):
        raise ValueError("its JSON is neither a list nor an object")
    if content and all(isinstance(one, dict) for one in content):
        return _of_objects(content)
    if content and all(isinstance(one, list) for one in content):
        return _of_lists(content)
    return [[_json_number(one, place) for place, one in enumerate(content)]]


def _of_objects(content: list[dict[str, Any]]) -> list[Column]:
    if any(isinstance(value, list) for value in content[0].values()):
        return [column for one in content for column in _columns(one)]  # one object for each dimension
    for key in _ONE_VALUE:
        if any(key in one for one in content):
            return [[_json_number(one.get(key), place) for place, one in enumerate(content)]]
    names = [k for k, v in content[-1].items() if _is_number(v) and k.lower() not in _TIMES]
    if not names:
        raise ValueError("its JSON objects have no number, such as under the key value")
    return [[_json_number(one.get(names[-1]), place) for place, one in enumerate(content)]]


def _of_lists(content: list[list[Any]]) -> list[Column]:
    if len(content) < len(content[0]):  # one list for each dimension
        return [[_json_number(one, place) for place, one in enumerate(part)] for part in content]
    width = max(len(row) for row in content)
    rows = [[*row, *[None] * (width - len(row))] for row in content]
    # A first column that only rises is the time of each observation, and so is one of dates.
    first = [row[0] for row in rows if row]
    is_time = any(isinstance(v, str) for v in first) or (
        len(first) > 2
        and all(_is_number(v) for v in first)
        and all(a < b for a, b in itertools.pairwise(first))
    )
    chosen = range(1 if is_time and width > 1 else 0, width)
    return [[_json_number(row[i], place) for place, row in enumerate(rows)] for i in chosen]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _json_number(value: Any, place: int) -> float:
    if value is None:
        return math.nan
    if _is_number(value):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        return number if math.isfinite(number) else math.nan
    if isinstance(value, str) and (written := _number(value)) is not None:
        return written
    shown = json.dumps(value)
    raise ValueError(
        f"value {place} is {shown if len(shown) < 40 else shown[:36] + ' ...'}, which is no number"
    )


def _from_text(text: str, form: Form) -> list[Column]:
    lines = [line.strip("\r") for line in text.rstrip().split("\n") if not line.lstrip().startswith("#")]
    separator = None if form == "lines" else _separator(lines)
    if separator is None:
        [only] = words if len(words := [line.split() for line in lines if line.strip()]) == 1 else [[]]
        if len(only) > 2 and all(_number(word) is not None for word in only):
            return [_in_a_row(only)]
        return [_one_a_line(lines)]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    while rows and not any(rows[0]):  # before the header
        del rows[0]
    comma = separator != ","
    if len(rows) == 1 and all(_number(cell, comma) is not None for cell in rows[0]):
        return [_in_a_row(rows[0], comma)]
    return [_last_numbers(rows, comma)]


def _in_a_row(cells: Sequence[str], comma: bool = False) -> Column:
    numbers = (_number(cell, comma) for cell in cells)
    return [math.nan if number is None else number for number in numbers]


def _separator(lines: Sequence[str]) -> str | None:
    """Give what separates columns; None where each line is one value."""
    told = [line for line in lines if line.strip()][:50]
    for separator in _SEPARATORS:
        if sum(separator in line for line in told) * 2 > len(told):
            return separator
    return None


def _one_a_line(lines: Sequence[str]) -> Column:
    cells = [line.strip().strip('"').rstrip(",;") for line in lines]
    column: Column = []
    for place, cell in enumerate(cells):
        words = cell.split()
        number = _number(words[-1] if words else "")
        if number is None:
            if not any(math.isfinite(v) for v in column) and place <= 1:
                column = []  # a header
                continue
            raise ValueError(f"line {place + 1} is {_short(cell)}, which is no number")
        column.append(number)
    return column


def _last_numbers(rows: Sequence[Sequence[str]], comma: bool) -> Column:
    """Give the column named `value`, else the last of numbers and gaps alone, one that counts only if there is none."""
    width = max(map(len, rows))
    grid = [[*row, *[""] * (width - len(row))] for row in rows]
    header: Sequence[str] | None = None
    # A date with a gap beside it is a row and no header, whose words begin with a letter.
    no_numbers = all(_number(cell, comma) is None or cell.lower() in GAPS for cell in grid[0])
    if no_numbers and any(re.match(r'"?[^\W\d]', cell) and cell.lower() not in GAPS for cell in grid[0]):
        header, grid = [cell.lower().strip('"') for cell in grid[0]], grid[1:]
    if header is not None and "value" in header:
        at = header.index("value")
        column = [_number(row[at], comma) for row in grid]
        if (bad := next((i for i, v in enumerate(column) if v is None), None)) is not None:
            raise ValueError(f"row {bad + 1} has {_short(grid[bad][at])} as its value, which is no number")
        return [math.nan if v is None else v for v in column]
    found: list[tuple[bool, bool, int, Column]] = []
    for at in range(width):
        column = [_number(row[at], comma) for row in grid]
        if None not in column and any(v is not None and math.isfinite(v) for v in column):
            numbers = [math.nan if v is None else v for v in column]
            name, known = "" if header is None else header[at], [v for v in numbers if math.isfinite(v)]
            counted = name in _CALENDAR or (name in _COUNTERS and sorted(known) == known)
            found.append((counted, _counts(numbers), -at, numbers))
    if not found:
        raise ValueError("none of its columns holds numbers alone")
    return min(found)[-1]


def _counts(column: Column) -> bool:
    """Tell whether the values are whole numbers that rise by the same step: years, row numbers."""
    steps = {b - a for a, b in itertools.pairwise(v for v in column if math.isfinite(v))}
    return len(steps) == 1 and min(steps) > 0 and all(v.is_integer() for v in column if math.isfinite(v))


def _number(cell: str, comma: bool = False) -> float | None:
    """Give a cell's number, NaN for a gap, None for anything else."""
    cell = cell.strip().strip('"').strip()
    if cell.lower() in GAPS:
        return math.nan
    if comma and re.fullmatch(r"[-+]?\d+,\d+", cell):
        cell = cell.replace(",", ".")
    if not _NUMBER.fullmatch(cell):
        return None
    number = float(cell)
    return number if math.isfinite(number) else math.nan


def _short(cell: str) -> str:
    return repr(cell if len(cell) < 40 else cell[:36] + " ...")
