"""Finds what ships beside the code: templates, baselines and the reference broker's releases.

In a checkout they are folders of the repository; in a wheel they are packaged data. `importlib.resources` would
find nothing of them in an editable install, where the package is the checkout's own folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

Folder: TypeAlias = Literal["templates", "baselines", "releases"]

_PACKAGE = Path(__file__).resolve().parent
_PACKAGED = _PACKAGE / "_data"  # made by the build (pyproject.toml, force-include); no checkout has it
_IN_CHECKOUT: dict[Folder, str] = {
    "templates": "templates",
    "baselines": "baselines",
    "releases": "broker/releases",
}


def is_checkout() -> bool:
    """Tell whether this code runs from a checkout, and not from an installed wheel."""
    return not _PACKAGED.is_dir()


def folder(name: Folder) -> Path:
    """Give the folder of that name. Raises FileNotFoundError, with a sentence for people, if it is missing."""
    if is_checkout():
        path, remedy = _PACKAGE.parent / _IN_CHECKOUT[name], "this checkout is not complete"
    else:
        path, remedy = _PACKAGED / name, "install chronik-perf again"
    if not path.is_dir():
        raise FileNotFoundError(f"the folder of {name} is missing at {path}; {remedy}")
    return path
