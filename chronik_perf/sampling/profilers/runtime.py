"""What a process runs, told by its program and by the files that it has mapped."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import Unavailable

_PYTHON = re.compile(r"python[\d.]*[a-z]*")
_LIBPYTHON = re.compile(r"libpython\d[\d.]*[a-z]*\.so[\d.]*")
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox", "ksh", "zsh"})
# What the linker puts at the head of the build information of every Go program (debug/buildinfo).
_GO_BUILD = b"\xff Go buildinf:"


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process: the name of its program, and the names of its mapped files."""

    program: str
    mapped: frozenset[str]

    @property
    def is_python(self) -> bool:
        """Tell whether a CPython interprets it, be it a program of its own or part of another."""
        return bool(_PYTHON.fullmatch(self.program)) or any(_LIBPYTHON.fullmatch(m) for m in self.mapped)

    @property
    def is_jvm(self) -> bool:
        """Tell whether it is a Java virtual machine. A native image is none, and is profiled as native code."""
        return "libjvm.so" in self.mapped

    @property
    def is_shell(self) -> bool:
        """Tell whether it is a shell, which does no work of its own."""
        return self.program in _SHELLS


def runtime_of(pid: int) -> Runtime | Unavailable:
    """Look at a process; Unavailable where it is gone or this user may not look."""
    try:
        program = Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except PermissionError:
        return Unavailable(f"this user may not see what process {pid} runs")
    except OSError:
        return Unavailable(f"process {pid} has ended")
    # ADDRESSES PERMISSIONS OFFSET DEVICE INODE PATH, and a path may hold spaces.
    paths = (line.split(maxsplit=5)[5:] for line in maps.splitlines())
    mapped = {path[0].removesuffix(" (deleted)").rpartition("/")[2] for path in paths if path}
    return Runtime(program, frozenset(mapped))


def is_go(pid: int) -> bool:
    """Tell whether a process's program was built by Go, whose code always keeps frame pointers."""
    try:
        with (
            open(f"/proc/{pid}/exe", "rb") as program,
            mmap.mmap(program.fileno(), 0, access=mmap.ACCESS_READ) as image,
        ):
            return image.find(_GO_BUILD) >= 0
    except (OSError, ValueError):
        return False
