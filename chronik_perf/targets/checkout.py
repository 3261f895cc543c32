"""One commit of a repository checked out into a tree of its own, whole, and without touching the repository."""

from __future__ import annotations

import shutil
from pathlib import Path

from chronik_perf.model import MeasurementFailed
from chronik_perf.targets.git import Repository, ask, git
from chronik_perf.targets.lock import BuildLock
from chronik_perf.targets.scheme import Say

_CLONE_S = 600.0
LONGEST_S = 3 * _CLONE_S
"""Of a checkout: to clone, to check out, to fetch submodules."""
_SHOWN = 20


def check_out(repository: Repository, commit: str, short: str, tree: Path, lock: BuildLock, say: Say) -> None:
    """Make the tree, with a .git for builds that ask for it; git holds `lock` open as long as it runs.

    Raises MeasurementFailed, with git's own words, where it fails or a file of the commit is not there.
    """
    root = str(repository.root)

    def run(folder: Path, *words: str, task: str = f"check out {short}") -> str:
        answer = ask(folder, *words, timeout_s=_CLONE_S, lock=lock)
        if answer.text is None:
            for line in answer.said[-_SHOWN:]:
                say(f"  {line}")
            raise MeasurementFailed(f"git could not {task}: {answer.why}")
        return answer.text

    # Objects are borrowed, so a large repository costs nothing and asks no network.
    run(repository.root, "clone", "-q", "--shared", "--no-checkout", "--", root, str(tree))
    if repository.is_shallow():
        # From a shallow repository a clone takes its branches' objects alone; so the tree is let use all of them.
        objects, shallow = (
            repository.root / run(repository.root, "rev-parse", "--git-path", name)
            for name in ("objects", "shallow")
        )
        (tree / ".git" / "objects" / "info" / "alternates").write_text(f"{objects}\n")
        shutil.copyfile(shallow, tree / ".git" / "shallow")
    run(tree, "checkout", "-q", "--detach", commit)
    # Git calls a checkout done though it could not read a file. Files that differ are no sign of that: line ends do so.
    missing = run(tree, "ls-files", "--deleted").splitlines()
    if missing:
        many = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise MeasurementFailed(
            f"{missing[0]}{many} of {short} could not be checked out, since {root} does not hold what is in it (a "
            f"partial clone?); fetch it: git -C {root} fetch --refetch --no-filter"
        )
    if not (tree / ".gitmodules").exists():
        return
    # Addresses of submodules may be relative to where the repository came from, and not to where it lies.
    origin = git(repository.root, "remote", "get-url", "origin")
    if origin:
        git(tree, "remote", "set-url", "origin", origin)
    update = ("submodule", "--quiet", "update", "--init", "--recursive")
    run(tree, *update, task=f"fetch the submodules of {short}")
