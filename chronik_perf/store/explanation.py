"""The answer of `perf explain` as JSON, beside the runs of its arms."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from chronik_perf.model.ablation import Explanation
from chronik_perf.store.reading import write

EXPLANATION_SCHEMA = 1
_DOCUMENT = TypeAdapter(Explanation)


def save_explanation(explanation: Explanation, folder: Path) -> Path:
    """Write it into the run's folder, whole or not at all; an open end of an interval is null.

    Raises MeasurementFailed if the disk does not take it.
    """
    path = folder / "explanation.json"
    write(path, _DOCUMENT.dump_json(explanation, indent=2) + b"\n")
    return path
