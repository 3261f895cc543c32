"""The comparison document as JSON, with a schema version."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from chronik_perf.files import write_whole
from chronik_perf.model import SCHEMA_VERSION, BadInput, Comparison

NAME = "comparison.json"
_DOCUMENT = TypeAdapter(Comparison)


def save(comparison: Comparison, folder: Path) -> Path:
    """Write the document into a run's folder, whole or not at all, and give its path."""
    path = folder / NAME
    write_whole(path, _DOCUMENT.dump_json(comparison))
    return path


def load(path: Path) -> Comparison:
    """Read a document, from its file or from its run's folder.

    Raises BadInput, one sentence, if it is missing, cut short, not ours, or of another schema version.
    """
    file = path / NAME if path.is_dir() else path
    try:
        text = file.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the result {file}: {error.strerror}") from None
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{file} is not a result of perf compare, or was cut short: it is not JSON ({error})"
        ) from None
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise BadInput(
            f"{file} has schema version {version} and this program reads {SCHEMA_VERSION}; "
            "it is no result of perf compare, or one of another release of it"
        )
    try:
        return _DOCUMENT.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{file} is not a whole comparison: {where}: {first['msg']}") from None
