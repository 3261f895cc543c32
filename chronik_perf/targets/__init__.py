"""What a name means: each scheme is one file and one line here, and gives a Target with its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import Target
from chronik_perf.targets.baseline import BASELINE
from chronik_perf.targets.command import COMMAND
from chronik_perf.targets.git_ref import REF_OR_RELEASE
from chronik_perf.targets.provenance import provenance
from chronik_perf.targets.release import RELEASE
from chronik_perf.targets.result import RESULT
from chronik_perf.targets.running import RUNNING
from chronik_perf.targets.scheme import Asked, Found, Say, Scheme
from chronik_perf.targets.worktree import WORKTREE

# The first prefix that fits decides.
SCHEMES: tuple[Scheme, ...] = (
    COMMAND,
    RUNNING,
    RELEASE,
    WORKTREE,
    RESULT,
    BASELINE,
    REF_OR_RELEASE,
)


def find(name: str, overrides: Mapping[str, str] | None = None, *, repository: Path | None = None) -> Found:
    """Find what a name stands for, with values of its configuration overridden; nothing is built.

    In the order of `SCHEMES`: what begins with a scheme's prefix is of that scheme; then a ref of `repository`, or of
    the one around the current folder, if it has a perf.toml; then a shipped release.

    Raises BadInput for a name that stands for nothing and for an override that the target does not have.
    """
    for scheme in SCHEMES:
        if name.startswith(scheme.prefix):
            return scheme.find(name.removeprefix(scheme.prefix), Asked(overrides or {}, repository))
    raise AssertionError("the last scheme takes every name")


def resolve(
    name: str,
    overrides: Mapping[str, str] | None = None,
    *,
    repository: Path | None = None,
    say: Say = lambda _: None,
) -> Target:
    """Give what a name stands for, as `find` finds it; a git ref is built if it is not yet, and `say` is told of it.

    Raises as `find` does, and MeasurementFailed for a build that fails.
    """
    return find(name, overrides, repository=repository).target(say)


def explain(name: str, repository: Path | None = None) -> list[str]:
    """Give what a name would be, a sentence a line. Raises BadInput for one that stands for nothing."""
    return find(name, repository=repository).explain()


def names(repository: Path | None = None) -> list[str]:
    """Give the names that there are, a kind a line."""
    return [line for scheme in reversed(SCHEMES) for line in scheme.names(repository)]


__all__ = ["Found", "explain", "find", "names", "provenance", "resolve"]
