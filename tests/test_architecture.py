"""The plan of the house, kept: who may import whom, what every folder says of itself, and how large a file gets."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLKIT = ROOT / "chronik_perf"

# Small files beside the rooms, which know no room: where shipped data lies, how a file is written whole, how a Ctrl-C
# is held back, which variables every program may see, which values may be secrets, which process is which, in which
# network things are, and what may stand on a line of a terminal.
BESIDE = {"resources", "files", "interrupts", "environment", "secrecy", "processes", "network", "printing"}
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "stats": {"model"},
    "leash": {"model"},
    "targets": {"model", "store", "leash"},
    "sut": {"model", "leash"},
    "load": {"model"},
    "sampling": {"model"},
    "store": {"model"},
    "report": {"model", "stats"},
    "experiment": {"model", "targets", "sut", "load", "sampling", "stats"},
    "cli": {"model", "leash", "targets", "sut", "load", "sampling", "stats", "store", "report", "experiment"},
}
STATS_LIBRARIES = {"numpy", "scipy"}


def imports(path: Path) -> Iterator[str]:
    """Give the full names of all modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def python_files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*.py")) if "_data" not in p.parts]


@pytest.mark.parametrize("room", sorted(p.name for p in TOOLKIT.iterdir() if (p / "__init__.py").exists()))
def test_arrows_point_down_only(room: str) -> None:
    """Given a room of the toolkit, it imports only rooms that the plan allows it."""
    for path in python_files(TOOLKIT / room):
        for name in imports(path):
            if name.startswith("chronik_perf."):
                other = name.split(".")[1]
                allowed = MAY_IMPORT[room] | {room} | BESIDE
                assert other in allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_nothing_in_a_room_imports_in_a_circle(room: str) -> None:
    """Given the folders and modules that a room is made of, arrows between them point down only, too."""
    arrows: dict[str, set[str]] = {}
    for path in python_files(TOOLKIT / room):
        parts = path.relative_to(TOOLKIT / room).parts
        known = {name.split(".")[2] for name in imports(path) if name.startswith(f"chronik_perf.{room}.")}
        if len(parts) > 1 or path.stem != "__init__":  # a room's face knows all of it
            arrows.setdefault(parts[0].removesuffix(".py"), set()).update(known)
    for one, others in arrows.items():
        others.discard(one)
        others.intersection_update(arrows.keys())
    while ends := [one for one, others in arrows.items() if not others & arrows.keys()]:
        for one in ends:
            del arrows[one]
    assert not arrows


def test_stats_is_arithmetic() -> None:
    """Given the statistics, they know numpy, scipy, the standard library and the model, and nothing else."""
    for path in python_files(TOOLKIT / "stats"):
        for name in imports(path):
            top = name.split(".")[0]
            known = STATS_LIBRARIES | {"chronik_perf", "__future__"}
            assert top in known | sys.stdlib_module_names, f"{path.relative_to(ROOT)} imports {name}"


def test_toolkit_and_broker_know_each_other_only_from_outside() -> None:
    """Given the two programs, neither imports the other."""
    for folder, other in ((TOOLKIT, "broker"), (ROOT / "broker", "chronik_perf")):
        for path in python_files(folder):
            assert not [n for n in imports(path) if n.split(".")[0] == other], path.relative_to(ROOT)


def test_every_folder_says_what_it_is_for() -> None:
    """Given any package, its __init__ has a docstring, and every module has one too."""
    for folder in (TOOLKIT, ROOT / "broker"):
        for path in python_files(folder):
            assert (path.parent / "__init__.py").is_file(), (
                f"{path.parent.relative_to(ROOT)} has no __init__.py"
            )
            assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} says nothing"


def test_rooms_stay_small() -> None:
    """Given any module, it has fewer than 250 lines."""
    for folder in (TOOLKIT, ROOT / "broker"):
        for path in python_files(folder):
            assert len(path.read_text().splitlines()) < 250, path.relative_to(ROOT)
