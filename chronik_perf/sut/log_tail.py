"""Reads a broker's log: its ready line, and its last words when it has died."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chronik_perf.printing import one_line

LOOKED_AT = 500
"""Bytes of a line in which a ready_line is looked for: what a regular expression takes grows faster than its text."""

_READ_BYTES = 8192
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Ready:
    """What a broker told when it was ready; `config` is flat with dotted keys, empty if it told none."""

    port: int
    metrics_port: int | None
    config: dict[str, str]


class _NewLines:
    """The whole lines of a log, each once: every call reads only what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[bytes]:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole, newline, _ = new.rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        return whole.splitlines()


class SaidReady:
    """Looks for a line that matches what the target says; of a long line only the beginning is looked at."""

    def __init__(self, path: Path, pattern: str) -> None:
        self._lines = _NewLines(path)
        self._pattern = re.compile(pattern)

    def poll(self) -> bool:
        """Tell whether a line that matches has come since the last call."""
        lines = (line[:LOOKED_AT].decode(errors="replace") for line in self._lines.read())
        return any(self._pattern.search(line) for line in lines)


class ReadyLine:
    """Looks for the first line of JSON that names a port."""

    def __init__(self, path: Path) -> None:
        self._lines = _NewLines(path)

    def poll(self) -> Ready | None:
        """Give what the ready line says once it is there."""
        for line in self._lines.read():
            if line.lstrip().startswith(b"{"):
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict) and isinstance(said.get("port"), int):
                    config = said.get("config")
                    return Ready(
                        port=said["port"],
                        metrics_port=said.get("metrics_port") or None,
                        config=_flat(config) if isinstance(config, dict) else {},
                    )
        return None


def quoted(path: Path) -> str:
    """Give a log's last words as a sentence on what failed ends with them."""
    words = last_words(path)
    return f' (last line of {path}: "{words}")' if words else f" (its log {path} is empty)"


def quoted_start(path: Path) -> str:
    """Like `quoted`, of a start that failed: with the first line, too, where what follows it may be a usage text."""
    first, last = first_words(path), last_words(path)
    if first in ("", last) or first.startswith("Traceback "):  # whose head says nothing
        return quoted(path)
    return f' (first line of {path}: "{first}"; last line: "{last}")'


def last_words(path: Path) -> str:
    """Give the last line of a log that says something, shortened; empty if there is none.

    Of a Python traceback this is its last line, which holds the error.
    """
    return _first_of(reversed(_some_lines(path, from_end=True)))


def first_words(path: Path) -> str:
    """Give the first line of a log that says something, shortened; empty if there is none."""
    return _first_of(_some_lines(path))


def _some_lines(path: Path, from_end: bool = False) -> list[str]:
    try:
        with path.open("rb") as file:
            if from_end:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _READ_BYTES))
            return file.read(_READ_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []


def _first_of(lines: Iterable[str]) -> str:
    for line in lines:
        printable = one_line(line).strip()
        if printable and not (printable.startswith("{") and '"port"' in printable):
            return printable if len(printable) <= _SHOWN else printable[: _SHOWN - 1] + "…"
    return ""


def _flat(config: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in config.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = str(value).lower() if isinstance(value, bool) else str(value)
    return flat
