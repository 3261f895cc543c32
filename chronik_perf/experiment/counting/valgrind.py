"""Valgrind's cachegrind as an instruction counter: how it is put in front of a broker, and what it writes.

The format of its file is "Cachegrind Output File Format" in valgrind's manual (cg-manual, section 5.6): lines `fl=`,
`fn=`, then counts a source line, and at the end `summary:` with the totals in the order of `events:`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import MeasurementFailed

_EVENT = "Ir"  # instructions read, which is: executed
_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Counts:
    """Instructions of all processes of one start, in all and by native function."""

    instructions: int
    by_function: dict[str, int]


@dataclass(frozen=True, slots=True)
class Valgrind:
    """An installed valgrind. `version` is as it tells it, such as "valgrind-3.19.0"."""

    path: str
    version: str

    @classmethod
    def find(cls) -> Valgrind:
        """Find the program. Raises MeasurementFailed, with what to install, where it is missing or does not run."""
        path = shutil.which("valgrind")
        if path is None:
            raise MeasurementFailed(
                "instructions per message are unavailable: valgrind is not installed; install your system's package "
                "valgrind (as in: apt install valgrind)"
            )
        try:
            done = subprocess.run(
                [path, "--version"],
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=True,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise MeasurementFailed(
                f"instructions per message are unavailable: {path} does not run: {error}"
            ) from None
        return cls(path, done.stdout.strip())

    def wrap(self, folder: Path) -> list[str]:
        """Give the words to put in front of a command, so that each of its processes writes a file into the folder.

        Children are followed, for a command that starts its broker through a shell would else count the shell.
        """
        return [
            *(self.path, "-q", "--tool=cachegrind", "--cache-sim=no", "--branch-sim=no"),
            "--vgdb=no",  # its pipes would stay behind a broker that is killed
            *("--trace-children=yes", f"--cachegrind-out-file={folder}/cachegrind.%p"),
        ]

    def read(self, folder: Path) -> Counts:
        """Add up what every process wrote. Raises MeasurementFailed if there is nothing, or half a file."""
        total = 0
        functions: Counter[str] = Counter()
        for path in sorted(folder.glob("cachegrind.*")):
            with path.open(encoding="utf-8", errors="replace") as file:
                total += _read(file, functions, path)
        if not total:
            raise MeasurementFailed(
                f"{self.version} wrote no counts; the broker must end by itself when it is asked to"
            )
        return Counts(total, dict(functions))


def _read(lines: Iterable[str], functions: Counter[str], path: Path) -> int:
    column = 0
    name = ""
    for line in lines:
        if line[:1].isdigit():
            functions[name] += int(line.split()[1 + column])
        elif line.startswith("fn="):
            name = line[3:].rstrip("\n")
        elif line.startswith("events:"):
            column = line.split()[1:].index(_EVENT)
        elif line.startswith("summary:"):
            return int(line.split()[1 + column])
    raise MeasurementFailed(
        f"{path.name} of cachegrind has no end: its process was killed before it could write"
    )
