"""`perf init`: a first perf.toml for a broker's repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.model import BadInput


def init(
    folder: Annotated[Path, typer.Argument(help="The repository; else the current folder.")] = Path(),
) -> int:
    """Write a commented perf.toml into FOLDER, guessed from what is there."""
    from chronik_perf.files import write_whole
    from chronik_perf.targets.git import git
    from chronik_perf.targets.guess import guess
    from chronik_perf.targets.manifest import NAME

    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; name the broker's repository")
    if git(folder, "rev-parse", "--is-bare-repository") == "true":
        raise BadInput(
            f"{folder} is a bare repository, with no tree to write into; call perf init in a clone of it"
        )
    top = git(folder, "rev-parse", "--show-toplevel")
    if top is not None and Path(top) != folder.resolve():
        raise BadInput(
            f"{NAME} lies at the root of a repository, and {folder} is inside of {top}; call perf init {top}"
        )
    path = folder / NAME
    if os.path.lexists(path):  # a link to nothing is somebody's, too
        raise BadInput(f"{path} exists already, and what stands in it is yours; remove it to get a new one")
    kind, program, text = guess(folder)
    try:
        write_whole(path, text)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from None
    then = "" if top else "make the folder a git repository and commit, "
    print(
        f"wrote {path}, {kind}; it starts {program} with the flags --port and --data-dir, which are a guess: put the "
        f"broker's own there, check the build, {then}then try: perf targets HEAD"
    )
    return 0
