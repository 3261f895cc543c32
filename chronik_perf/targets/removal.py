"""Takes a folder away with all that it holds, what a build has made read-only too."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def removed(folder: Path) -> bool:
    """Remove a folder, and tell whether it is gone; what cannot be removed stays, and of a link where it leads to."""
    if folder.is_symlink():
        folder.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        # Go's module cache has folders of mode 0555, in which nobody but root may delete.
        _make_writable(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return not os.path.lexists(folder)


def _make_writable(folder: Path) -> None:
    _allow(folder)
    for at, names, _ in os.walk(folder):  # from the top: what is below is seen only when it may be
        for name in names:
            _allow(Path(at, name))


def _allow(folder: Path) -> None:
    if not folder.is_symlink():  # what it leads to is somebody else's
        with contextlib.suppress(OSError):  # of another user
            folder.chmod(0o700)
