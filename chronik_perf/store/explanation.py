"""The answer of `perf explain` as JSON, beside the runs of its arms, and what of it a later call goes on with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from chronik_perf.model.ablation import Difference, Explanation
from chronik_perf.store.reading import read_document, write

EXPLANATION = "explanation.json"
EXPLANATION_SCHEMA = 1
_DOCUMENT = TypeAdapter(Explanation)


@dataclass(frozen=True, slots=True)
class _Explained:
    metric: str


@dataclass(frozen=True, slots=True)
class Studied:
    """What was asked and which arms there are; what they came to is worked out from the arms themselves."""

    schema_version: int
    differences: tuple[Difference, ...]
    claim: str | None
    accounts: tuple[_Explained, ...]
    arms: dict[str, tuple[str, ...]]
    elapsed_s: float


_STUDIED = TypeAdapter(Studied)


def save_explanation(explanation: Explanation, folder: Path) -> Path:
    """Write it into the run's folder, whole or not at all; an open end of an interval is null.

    Raises MeasurementFailed if the disk does not take it.
    """
    path = folder / EXPLANATION
    write(path, _DOCUMENT.dump_json(explanation, indent=2) + b"\n")
    return path


def load_studied(folder: Path) -> Studied:
    """Read what the document in a folder was about.

    Raises BadInput if it is missing, not whole, or of another schema.
    """
    return read_document(
        folder / EXPLANATION, _STUDIED, EXPLANATION_SCHEMA, "study of perf explain", "begin a new one"
    )
