"""The document of a search for a commit as JSON."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from chronik_perf.model import BISECTION_SCHEMA, Bisection
from chronik_perf.store.reading import read_document, write

BISECTION = "bisection.json"
_DOCUMENT = TypeAdapter(Bisection)


def save_bisection(found: Bisection, folder: Path) -> None:
    """Write the document into a folder, whole or not at all. Raises MeasurementFailed if the disk does not take it."""
    write(folder / BISECTION, to_json(found, inf_nan_mode="constants"))


def load_bisection(folder: Path) -> Bisection:
    """Read the document in a folder. Raises BadInput if it is missing, not whole, or of another schema."""
    return read_document(
        folder / BISECTION, _DOCUMENT, BISECTION_SCHEMA, "search of perf bisect", "begin a new one"
    )
