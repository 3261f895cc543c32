"""Finds what ships beside the code: templates, baselines and the reference broker's releases.

In a checkout they are folders of the repository; in a wheel they are packaged data. `importlib.resources` would
find nothing of them in an editable install, where the package is the checkout's own folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

Folder: TypeAlias = Literal["templates", "baselines", "releases"]

_PACKAGE = Path(__file__).resolve().parent
_IN_CHECKOUT: dict[Folder, str] = {
    "templates": "templates",
    "baselines": "baselines",
    "releases": "broker/releases",
}


def is_checkout() -> bool:
    """Tell whether this code runs from a checkout, and not from an installed wheel."""
    return (_PACKAGE.parent / "pyproject.toml").is_file()


def folder(name: Folder) -> Path:
    """Give the folder of that name. Raises FileNotFoundError if the installation lacks it."""
    path = _PACKAGE.parent / _IN_CHECKOUT[name] if is_checkout() else _PACKAGE / "_data" / name
    if not path.is_dir():
        raise FileNotFoundError(
            f"the folder {name} is missing from this installation; install chronik-perf again"
        )
    return path
