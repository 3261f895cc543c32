"""Options that several commands have, and how those are read that are more than one word or number."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.model import METRICS, BadInput

SetBase = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="Override KEY=VALUE in the base's configuration. Repeatable."),
]
SetCandidate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE", help="Override KEY=VALUE in the candidate's configuration. Repeatable."
    ),
]


class OnInconclusive(StrEnum):
    """How CI takes a verdict that could not be reached."""

    FAIL = "fail"
    PASS = "pass"


Seed = Annotated[int | None, typer.Option(metavar="N", help="Repeat the random orders of an earlier run.")]
Repo = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="The broker's repository, which has a perf.toml; else the one around the current folder.",
    ),
]
Netns = Annotated[
    bool,
    typer.Option(
        "--netns",
        help="Give each side a network namespace of its own, in which both may have the same ports.",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait while another measurement runs on this machine.")]

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h)", re.IGNORECASE)
_UNITS_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LONGEST_S = 7 * 24 * 3600.0


def seconds(option: str, text: str) -> float:
    """Read a duration such as 30s, 500ms or 1m30s; BadInput where it is none, is zero, or is over a week."""
    compact = text.strip()
    parts = _DURATION.findall(compact)
    if not parts or _DURATION.sub("", compact).strip():
        raise BadInput(f"{option} is '{text}'; give a number with its unit, such as 30s, 500ms or 1m30s")
    total = sum(float(number) * _UNITS_S[unit.lower()] for number, unit in parts)
    if total <= 0:
        raise BadInput(f"{option} is '{text}'; a window of no length measures nothing")
    if total > _LONGEST_S:
        raise BadInput(f"{option} is '{text}'; no measurement takes more than a week")
    return total


def share(option: str, text: str) -> float:
    """Read a probability such as 95% or 0.95; BadInput where it is none or not between a half and 1."""
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise BadInput(f"{option} is '{text}'; give a probability such as 95% or 0.95") from None
    if not 0.5 < value < 1:
        raise BadInput(f"{option} is '{text}'; it must lie between 50% and 100%")
    return value


def check_writable(option: str, file: Path | None) -> None:
    """Refuse, before anything is measured, a file that could not be written after it. Raises BadInput."""
    if file is None:
        return
    if file.is_dir():
        raise BadInput(f"{option} is {file}, which is a folder; name a file")
    check_folder(option, file.parent)


def check_folder(option: str, folder: Path | None) -> None:
    """Refuse, before anything is measured, a folder into which nothing could be written after it. Raises BadInput."""
    if folder is None:
        return
    # Folders that are missing are made; the first that is there has to take them.
    there = next((one for one in (folder, *folder.parents) if os.path.lexists(one)), Path())
    if not there.is_dir():
        raise BadInput(f"{option} cannot be written, as {there} is no folder; name another")
    if not os.access(there, os.W_OK | os.X_OK):
        raise BadInput(f"{option} cannot be written, as nothing may be written into {there}; name another")


def overrides(given: list[str]) -> dict[str, str]:
    """Read KEY=VALUE pairs. Raises BadInput for one without an equals sign."""
    read: dict[str, str] = {}
    for pair in given:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise BadInput(f"{pair!r} is not KEY=VALUE, such as wal.profile=low")
        read[key] = value
    return read


def thresholds(given: list[str]) -> dict[str, float]:
    """Read METRIC[@WORKLOAD]=X, where X may be a percentage of a metric on the ratio scale.

    Raises BadInput for a metric that has no threshold, and for a bad X.
    """
    # What is exact (stored or not) or only evidence has no threshold that could be set.
    settable = {
        m.name: m for m in METRICS if m.threshold > 0 and m.name != "p50" and not m.name.startswith("stage")
    }
    read: dict[str, float] = {}
    for key, value in overrides(given).items():
        name = key.partition("@")[0]
        if name not in settable:
            raise BadInput(
                f"there is no metric {name!r} with a threshold to set; there are {', '.join(settable)}"
            )
        metric = settable[name]
        percent = value.endswith("%")
        if percent and metric.scale != "ratio":
            raise BadInput(
                f"the threshold of {key} is in {metric.unit}, not in percent, such as {metric.threshold:g}"
            )
        try:
            x = float(value[:-1]) / 100 if percent else float(value)
        except ValueError:
            raise BadInput(f"the threshold {value!r} of {key} is not a number, such as 3% or 0.03") from None
        if not 0 < x < float("inf"):
            raise BadInput(f"the threshold of {key} must be above 0, not {value}")
        read[key] = x
    return read


def without_what_is_kept(what: str, given: Mapping[str, object]) -> None:
    """Raise BadInput where options are given beside --resume (those that are not None) that only a new one takes."""
    for option, value in given.items():
        if value is not None and value != []:
            raise BadInput(f"{option} has no place beside --resume: {what} keeps what it began with")
