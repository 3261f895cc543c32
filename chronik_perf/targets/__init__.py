"""What a name means: each scheme is one file and one line here, and gives a Target with its provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput, Target
from chronik_perf.targets.build import Say
from chronik_perf.targets.command import command_target
from chronik_perf.targets.explain import explain, names
from chronik_perf.targets.git import find_repository
from chronik_perf.targets.git_ref import check_release, ref_target, worktree_target
from chronik_perf.targets.provenance import provenance
from chronik_perf.targets.release import release_target


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for beside a name."""

    overrides: Mapping[str, str]
    repository: Path | None
    say: Say


Resolver = Callable[[str, _Asked], Target]


def _worktree(rest: str, asked: _Asked) -> Target:
    around = find_repository(asked.repository)
    if rest or around is None:
        raise BadInput(
            "worktree: stands alone, and is the tree of a broker's repository that has a perf.toml; call it there, or "
            "name the repository with --repo"
        )
    return worktree_target(around, asked.overrides, asked.say)


def _ref_or_release(name: str, asked: _Asked) -> Target:
    around = find_repository(asked.repository)
    commit = around.commit_of(name) if around else None
    if around and commit:
        return ref_target(around, name, commit, asked.overrides, asked.say)
    check_release(name, around)
    return release_target(name, asked.overrides)


# The first prefix that fits decides.
SCHEMES: tuple[tuple[str, Resolver], ...] = (
    ("command:", lambda rest, asked: command_target(rest, asked.overrides)),
    ("release:", lambda rest, asked: release_target(rest, asked.overrides)),
    ("worktree:", _worktree),
    ("", _ref_or_release),
)


def resolve(
    name: str,
    overrides: Mapping[str, str] | None = None,
    *,
    repository: Path | None = None,
    say: Say = lambda _: None,
) -> Target:
    """Say what a name stands for, with values of its configuration overridden; a git ref is built if it is not yet.

    In this order: `command:`, `release:` and `worktree:` say themselves what they are; then a ref of `repository`, or
    of the one around the current folder, if it has a perf.toml; then a shipped release. `say` is told what takes time.

    Raises BadInput for a name that stands for nothing and for an override that the target does not have,
    MeasurementFailed for a build that fails.
    """
    for prefix, resolver in SCHEMES:
        if name.startswith(prefix):
            return resolver(name.removeprefix(prefix), _Asked(overrides or {}, repository, say))
    raise AssertionError("the last scheme takes every name")


__all__ = ["explain", "names", "provenance", "resolve"]
