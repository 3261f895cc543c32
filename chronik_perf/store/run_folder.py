"""Where everything of one run lies."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput
from chronik_perf.store.document import NAME


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run. Make it with `create` or `open`."""

    path: Path

    @classmethod
    def create(cls, path: Path | None, base: str, candidate: str) -> RunFolder:
        """Make a new folder; without a path one below `runs`, named by time and versions.

        Raises BadInput if it exists and holds anything, or cannot be made.
        """
        if path is None:
            stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H%M%S")
            path = Path("runs") / f"{stamp}-{_word(base)}-vs-{_word(candidate)}"
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise BadInput(
                    f"{path} exists already; name another folder with --out, or add to it with --resume"
                )
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"cannot make the folder {path}: {error.strerror}; name another with --out"
            ) from None
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Give the folder of an earlier run. Raises BadInput if it is none."""
        if not (path / NAME).is_file():
            raise BadInput(f"{path} is not the folder of a run: it holds no {NAME}")
        return cls(path)

    @property
    def comparison_path(self) -> Path:
        """Our document."""
        return self.path / NAME

    @property
    def logs(self) -> Path:
        """What the brokers said."""
        return self.path / "logs"

    @property
    def pyperf(self) -> Path:
        """Seconds per stored message, for pyperf."""
        return self.path / "pyperf"

    @property
    def profiles(self) -> Path:
        """Folded stacks and speedscope files."""
        return self.path / "profiles"

    @property
    def latency(self) -> Path:
        """HdrHistogram logs."""
        return self.path / "latency"


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", name)[:40].strip("-")
