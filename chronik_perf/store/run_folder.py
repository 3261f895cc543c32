"""Where everything of one run lies."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput, Profile, Side
from chronik_perf.store.document import NAME

_IGNORE, _IGNORED = ".gitignore", "*\n"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run. Make it with `create` or `open`."""

    path: Path

    @classmethod
    def create(cls, path: Path | None, base: str, candidate: str, *, resumable: bool = True) -> RunFolder:
        """Make a new folder; without a path one below `runs`, named by time (UTC) and versions.

        Raises BadInput if it exists and holds anything, or cannot be made or written to; it names --resume where the
        command that asks has it (`resumable`).
        """
        default = path is None
        if path is None:
            stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H%M%S")
            path = Path("runs") / f"{stamp}-{file_word(base)}-vs-{file_word(candidate)}"
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                more = ", or add to it with --resume" if resumable else ""
                raise BadInput(f"{path} exists already; name another folder with --out{more}")
            ours = default and not path.parent.exists()
            path.mkdir(parents=True, exist_ok=True)
            if ours:
                # Or a run in a broker's repository would make its tree dirty.
                (path.parent / _IGNORE).write_text(_IGNORED)
        except OSError as error:
            raise BadInput(
                f"cannot make the folder {path}: {error.strerror}; name another with --out"
            ) from None
        if not os.access(path, os.W_OK | os.X_OK):
            raise BadInput(f"cannot write into the folder {path}; name another with --out")
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Give the folder of an earlier run, named by itself or by its document. Raises BadInput if it is none."""
        folder = path.parent if path.name == NAME else path
        if not (folder / NAME).is_file():
            raise BadInput(
                f"{path} is not the folder of a run: it holds no {NAME}; give one that perf compare made"
            )
        return cls(folder)

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

    def pyperf_path(self, workload: str, side: Side) -> Path:
        """One workload of one side for pyperf."""
        return self.pyperf / f"{file_word(workload)}-{side}.json"

    def latency_path(self, workload: str, side: Side) -> Path:
        """One workload's latencies of one side."""
        return self.latency / f"{file_word(workload)}-{side}.hlog"

    def profile_path(self, profile: Profile, suffix: str) -> Path:
        """One profile as a file of that kind, such as `.folded`."""
        return self.profiles / f"{file_word(profile.workload)}-{profile.side}-{profile.kind}{suffix}"


def remove_if_empty(folder: Path) -> None:
    """Remove a folder that holds nothing, or nothing but what `create` has put into the folder of all runs."""
    with contextlib.suppress(OSError):  # not empty, or never made
        if [p.name for p in folder.iterdir()] == [_IGNORE] and (folder / _IGNORE).read_text() == _IGNORED:
            (folder / _IGNORE).unlink()
        folder.rmdir()


def file_word(name: str) -> str:
    """Make a name fit for a file: what could leave the folder or need quoting becomes a dash."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", name)[:40].strip("-.") or "unnamed"
