"""Where the measured program came from: a commit and whether the tree was dirty, or an installed wheel."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
from collections.abc import Sequence
from pathlib import Path

from chronik_perf import resources
from chronik_perf.model import Provenance
from chronik_perf.targets.git import changed_files, git

# What a broker's behaviour and its measurement come from; notes and results beside them change neither.
_MEASURED = ("broker", "chronik_perf", "pyproject.toml", "requirements")
_NAMED = 3


def root() -> Path:
    """Give the folder that holds both packages: the checkout, or where the wheel was installed."""
    return Path(resources.__file__).resolve().parent.parent


@functools.cache
def provenance() -> Provenance:
    """Say where the reference broker's code comes from."""
    return of_checkout(root()) if resources.is_checkout() else of_wheel(root())


def of_checkout(checkout: Path) -> Provenance:
    """Give the commit of a checkout and whether what is measured has changed since; without git, why not.

    Files that git does not track count as changes: the broker could import them.
    """
    top = git(checkout, "rev-parse", "--show-toplevel")
    commit = git(checkout, "rev-parse", "HEAD")
    if top is None or commit is None:
        return Provenance(
            "checkout", None, None, "no commit: git is missing, or this is no repository of its user"
        )
    if Path(top).resolve() != checkout.resolve():
        # Unpacked inside somebody else's repository, whose commits say nothing about it.
        return Provenance("checkout", None, None, "no commit: the repository around it is another project's")
    changed = changed_files(checkout, *_MEASURED)
    if changed is None:
        return Provenance("checkout", commit, None, "git did not say in time whether there are changes")
    return Provenance("checkout", commit, bool(changed), uncommitted(changed))


def uncommitted(changed: Sequence[str]) -> str:
    """Name the first of the files that have changed, and how many more there are; empty for none."""
    more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    return f"uncommitted: {', '.join(changed[:_NAMED])}{more}" if changed else ""


def of_wheel(site: Path) -> Provenance:
    """Give the version of an installed distribution, and a hash of the broker's files as they lie there."""
    version = importlib.metadata.version("chronik-perf")
    return Provenance("wheel", None, None, f"chronik-perf {version}, sha256 {_digest(site / 'broker')[:16]}")


def _digest(package: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
