"""Numbers of any tool for the history: a CSV file, or a JSON list of objects, with a row for each number.

Fields: `metric`, `value`, and `version` or `commit` (both may be there); and if they are known `time` (ISO 8601, or
seconds since 1970), `unit`, `better` (higher or lower), `workload`, `machine`, `sd`, `n`, `dirty`, `label`. Names of
fields may be in capitals, and other fields are left alone.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from chronik_perf.model import BadInput, metric
from chronik_perf.model.history import Kind, Occasion, Reading, Result
from chronik_perf.store.history_run import digest, utc
from chronik_perf.store.reading import read

DEFAULT_THRESHOLD = 0.05
_DIRTY = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": None}


@dataclass(frozen=True, slots=True)
class Given:
    """What options say for all rows that do not say it themselves."""

    better: Literal["higher", "lower"] | None = None
    label: str = ""
    now: str = ""  # ISO 8601, UTC: the time of rows without one


def of_file(file: Path, given: Given) -> list[Result]:
    """Give the results of a file, in its order; a row without a number is left out.

    Raises BadInput, one sentence that names the row, for what cannot be read.
    """
    rows = _rows(file)
    seen: Counter[str] = Counter()
    results = []
    for number, row in enumerate(rows, start=1):
        try:
            result = _result(row, given, seen)
        except ValueError as error:
            raise BadInput(f"row {number} of {file}: {error}") from None
        if result is not None:
            results.append(result)
    if not results:
        raise BadInput(f"{file} holds no number; give rows with version, metric and value")
    return results


def _rows(file: Path) -> Iterator[dict[str, str]]:
    try:
        text = read(file).decode("utf-8-sig")
        rows: list[Mapping[Any, Any]]
        if text.lstrip()[:1] in ("[", "{"):
            content = json.loads(text)
            rows = content if isinstance(content, list) else content.get("results", [content])
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ValueError("its JSON is no list of objects")
        else:
            lines = text.splitlines()
            separator = max(",;\t", key=lines[0].count) if lines else ","
            rows = list(csv.DictReader(lines, delimiter=separator))
    except (ValueError, csv.Error, RecursionError) as error:
        raise BadInput(f"{file} is neither CSV nor a JSON list of objects ({error})") from None
    for row in rows:
        yield {str(k).strip().lower(): _text(v) for k, v in row.items() if k is not None}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _result(row: dict[str, str], given: Given, seen: Counter[str]) -> Result | None:
    name = row.get("metric", "")
    version, commit = row.get("version", ""), row.get("commit", "")
    if not name or not (version or commit) or "value" not in row:
        raise ValueError("it needs metric, value, and version or commit")
    value = _number(row, "value")
    if value is None:
        return None
    kind = _kind(name, row, given)
    time = row.get("time", "")
    try:
        at = utc(time) if time else given.now
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"its time {time!r} is none; write 2026-11-25T21:30:00Z or seconds since 1970"
        ) from None
    machine = row.get("machine", "")
    # One version may have been measured more than once; which time it is tells them apart.
    identity = digest("file", kind.name, kind.unit, version, commit, time and at, machine)
    seen[identity] += 1
    n = _number(row, "n") or 1
    occasion = Occasion(
        identity=digest(identity, seen[identity]),
        version=version or commit[:12],
        commit=commit or None,
        dirty=_DIRTY.get(row.get("dirty", "").lower()),
        label=row.get("label", "") or given.label,
        time=at,
        machine=machine,
        machine_name=machine or "a machine that the file does not name",
    )
    return Result(occasion, ((kind, Reading(occasion, value, _number(row, "sd"), max(int(n), 1))),))


def _kind(name: str, row: dict[str, str], given: Given) -> Kind:
    try:
        known = metric(name)
    except KeyError:
        known = None
    better = row.get("better", "").lower() or given.better or (known.better if known else "")
    if better not in ("higher", "lower"):
        raise ValueError(
            f"nobody says which direction of {name} is better; add --better higher or --better lower"
        )
    return Kind(
        metric=name,
        title=known.title if known else name,
        unit=row.get("unit", "") or (known.unit if known else ""),
        better=cast(Literal["higher", "lower"], better),
        scale=known.scale if known else "ratio",
        threshold=known.threshold if known else DEFAULT_THRESHOLD,
        role="gate",
        workload=row.get("workload", ""),
        workload_title=row.get("workload", ""),
        workload_identity="",
    )


def _number(row: dict[str, str], field: str) -> float | None:
    text = row.get(field, "")
    if text.lower() in ("", "nan", "null", "none", "na"):
        return None
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"its {field} is {text[:40]!r}, which is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"its {field} is not finite")
    return number
