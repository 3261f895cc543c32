"""What the cache of builds writes down of a whole build, and reads again with as little trust as in any file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from chronik_perf.files import write_whole

MARK = "entry.json"
TREE = "tree"
_KINDS: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "dict[str, str]": dict,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One whole build. `used_s` is when it was last asked for, in seconds since 1970; `built_with` what it saw."""

    key: str
    repository: str
    commit: str
    name: str
    built_at: str
    took_s: float
    size_bytes: int
    built_with: dict[str, str] = field(default_factory=dict)
    used_s: float = 0.0

    def write(self, folder: Path) -> None:
        """Declare the build of that folder whole."""
        write_whole(folder / MARK, json.dumps(asdict(self), indent=1) + "\n")


def read(folder: Path) -> Entry | None:
    """Read what a folder says of its build; None where that is not whole, or not of this folder, or has no tree.

    A build can write whatever it likes beside itself, and a cleaner of old files take its tree away.
    """
    try:
        data = json.loads((folder / MARK).read_text())
        entry = Entry(**{**data, "used_s": (folder / MARK).stat().st_mtime})
    except (OSError, ValueError, TypeError):
        return None
    sound = all(isinstance(getattr(entry, f.name), _KINDS[str(f.type)]) for f in fields(entry))
    return entry if sound and entry.key == folder.name and (folder / TREE).is_dir() else None
