"""Learnt thresholds as a file: JSON with a schema version and the fingerprint of the machine that taught them."""

from __future__ import annotations

import math
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from chronik_perf.model import BadInput, Calibration
from chronik_perf.store.reading import read_document, write

SCHEMA = 1
_DOCUMENT = TypeAdapter(Calibration)


def save_calibration(calibration: Calibration, file: Path) -> None:
    """Write it, whole or not at all. Raises MeasurementFailed if the disk does not take it."""
    write(file, to_json(calibration, indent=2) + b"\n")


def load_calibration(file: Path) -> Calibration:
    """Read it. Raises BadInput, one sentence, if it is missing, not ours, or holds a threshold that is none."""
    remedy = "learn it with: perf doctor --learn RUNS"
    calibration = read_document(file, _DOCUMENT, SCHEMA, "file of learnt thresholds", remedy)
    for name, one in calibration.learnt.items():
        if not (math.isfinite(one.threshold) and one.threshold > 0):
            raise BadInput(f"{file} has {one.threshold:g} as the threshold of {name}; it must be above 0")
    return calibration
