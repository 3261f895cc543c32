"""Reads and writes whole files, and turns what goes wrong into a sentence for a person."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from chronik_perf.files import write_whole
from chronik_perf.model import BadInput, MeasurementFailed


def read(file: Path) -> bytes:
    """Give a file's content. Raises BadInput if it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {file}: {error.strerror}; give a file that exists and may be read"
        ) from None


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
