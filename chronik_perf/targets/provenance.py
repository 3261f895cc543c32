"""Where the measured program came from: a commit and whether the tree was dirty, or an installed wheel."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import subprocess
from pathlib import Path

from chronik_perf import resources
from chronik_perf.model import Provenance

_GIT_TIMEOUT_S = 10


@functools.cache
def provenance() -> Provenance:
    """Say where the reference broker's code comes from. A checkout without git has no commit and says so."""
    root = Path(resources.__file__).resolve().parent.parent
    if not resources.is_checkout():
        version = importlib.metadata.version("chronik-perf")
        return Provenance(
            "wheel", None, None, f"chronik-perf {version}, sha256 {_digest(root / 'broker')[:16]}"
        )
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Provenance("checkout", None, None, "no commit: git is missing, or this is no repository")
    # Files that git does not track but the broker could import count as well.
    status = _git(root, "status", "--porcelain", "--", "broker", "chronik_perf", "pyproject.toml")
    return Provenance("checkout", commit, None if status is None else bool(status))


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _digest(package: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".toml"):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
