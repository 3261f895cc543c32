"""Reads and writes whole files and documents, and turns what goes wrong into a sentence for a person."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from chronik_perf.files import write_whole
from chronik_perf.model import BadInput, MeasurementFailed

_T = TypeVar("_T")


def read(file: Path) -> bytes:
    """Give a file's content. Raises BadInput if it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {file}: {error.strerror}; give a file that exists and may be read"
        ) from None


def read_document(file: Path, kind: TypeAdapter[_T], schema: int, what: str, remedy: str) -> _T:
    """Give the document in a JSON file that says its schema version; `what` is its name for people.

    Raises BadInput, one sentence that ends with the remedy, if it cannot be read, is of another schema, or not whole.
    """
    try:
        content = from_json(read(file), allow_inf_nan=False)
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version != schema:
            raise BadInput(
                f"{file} is no {what} that this perf reads (schema {version}, not {schema}); {remedy}"
            )
        return kind.validate_python(content)
    except ValueError as error:
        raise BadInput(f"{file} is not a whole {what}: {described(error)}; {remedy}") from None


def write(path: Path, content: str | bytes) -> None:
    """Write a file, whole or not at all. Raises MeasurementFailed if the disk does not take it."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise MeasurementFailed(
            f"cannot write {path}: {error.strerror}; make room there or name another folder"
        ) from None


def described(error: ValueError) -> str:
    """Say where a document departs from its schema, and how; the first place of perhaps many."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'it'}: {first['msg'].lower()}"
