"""The comparison document as JSON, with a schema version."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from chronik_perf.model import SCHEMA_VERSION, SIDES, BadInput, Comparison, Target
from chronik_perf.secrecy import redact
from chronik_perf.store.reading import described, read, write

NAME = "comparison.json"
_DOCUMENT = TypeAdapter(Comparison)


def save(comparison: Comparison, folder: Path) -> Path:
    """Write the document into a run's folder, whole or not at all, and give its path.

    What may be a secret of the brokers' environment is replaced. Raises MeasurementFailed if the disk does not take it
    (what was there before stays), ValueError for a number that is none: JSON has no NaN, and a value that could not be
    measured is Unavailable.
    """
    path = folder / NAME
    base, candidate = without_secrets(comparison.base), without_secrets(comparison.candidate)
    data = to_json(replace(comparison, base=base, candidate=candidate), inf_nan_mode="constants")
    if b"NaN" in data or b"Infinity" in data:  # perhaps within a text; then the slow look clears it
        json.loads(data, parse_constant=_refuse)
    write(path, data)
    return path


def without_secrets(target: Target) -> Target:
    """Give a target to be kept or shown: what may be a secret of its environment is replaced."""
    return replace(target, env=redact(target.env))


def load(path: Path) -> Comparison:
    """Read a document, from its file or from its run's folder.

    Raises BadInput, one sentence, if it is missing, cut short, not ours, of another schema version, or
    contradicts itself.
    """
    if not path.exists():
        raise BadInput(f"there is no {path}; give the folder of a run, or its {NAME}")
    if path.is_dir() and not (path / NAME).exists():
        raise BadInput(
            f"{path} is not the folder of a run: it holds no {NAME}; give one that perf compare made"
        )
    file = path / NAME if path.is_dir() else path
    data = read(file)
    try:
        content = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise BadInput(f"{file} {_broken(str(error))}") from None
    _check_version(file, content)
    try:
        comparison = _DOCUMENT.validate_python(content)
    except ValueError as error:
        raise BadInput(f"{file} is not a whole comparison: {described(error)}") from None
    if contradiction := _contradiction(comparison):
        raise BadInput(f"{file} is not a whole comparison: {contradiction}")
    return comparison


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"a comparison holds {constant} where a number should be")


def _broken(error: str) -> str:
    if "EOF" in error:
        return f"is cut short or empty ({error}); give another run, or measure again"
    return f"is not a result of perf compare: it is not JSON ({error})"


def _check_version(file: Path, content: Any) -> None:
    version = content.get("schema_version") if isinstance(content, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadInput(f"{file} is not a result of perf compare: it has no schema version")
    if version > SCHEMA_VERSION:
        raise BadInput(
            f"{file} was written by a newer perf (schema {version}; this one reads {SCHEMA_VERSION}); "
            "install that release to read it"
        )
    if version != SCHEMA_VERSION:
        raise BadInput(
            f"{file} has schema {version}, which this perf no longer reads (it reads {SCHEMA_VERSION}); measure again"
        )


def _contradiction(comparison: Comparison) -> str | None:
    """Say what does not fit together although each part is well formed; None if all does."""
    names = [w.name for w in comparison.workloads]
    if len(set(names)) != len(names):
        return "two workloads have the same name"
    for block in comparison.blocks:
        for side in SIDES:
            start = block.side(side)
            if start.side != side:
                return f"block {block.index} has a {start.side} where its {side} should be"
            used = {s.workload for s in start.slices} | set(start.latency)
            if unknown := sorted(used - set(names)):
                return f"block {block.index} measured a workload that is not described: {unknown[0]}"
    shown = {one.workload for one in comparison.series} | {one.workload for one in comparison.profiles}
    shown |= {one.workload for one in comparison.missing_profiles}
    if unknown := sorted(shown - set(names)):
        return f"its evidence is about a workload that is not described: {unknown[0]}"
    return None
