"""The version that a stored result was measured of, to be measured again: numbers of another day do not compare."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chronik_perf.model import BadInput, Target
from chronik_perf.store.baselines import Baseline
from chronik_perf.targets.command import COMMAND
from chronik_perf.targets.git import find_repository
from chronik_perf.targets.git_ref import found_commit
from chronik_perf.targets.release import found_release
from chronik_perf.targets.scheme import Asked, Found, Say


def found_again(name: str, stored: Baseline, where: str, asked: Asked) -> Found:
    """Find the version that was stored, under the name that stands for it; `where` is what stored it, for people.

    Raises BadInput where that version cannot be had here, and for overrides: it would be another version.
    """
    if asked.overrides:
        raise BadInput(
            f"{name} is measured as it was, so no setting can be overridden; name its version instead"
        )
    found = _find(name, stored, asked.repository)
    told = (
        f"{name}: {stored.title}, as {where} has it; it is measured again, beside what it is compared with."
    )

    def target(say: Say) -> Target:
        about = f"{stored.title}, measured again; {where} has it from {stored.recorded_at[:10]}"
        return dataclasses.replace(found.target(say), name=name, version=stored.version, description=about)

    return dataclasses.replace(found, explain=lambda: [told, *found.explain()], target=target)


def _find(name: str, stored: Baseline, repository: Path | None) -> Found:
    asked = Asked(stored.overrides, repository)
    source, commit = stored.provenance.source, stored.provenance.commit
    if source in ("checkout", "wheel"):
        return found_release(stored.version, asked, f"because {name} was one")
    if source == "command":
        return COMMAND.find(stored.version.removeprefix(COMMAND.prefix), asked)
    if source not in ("git", "worktree") or commit is None:
        raise BadInput(f"{name} was no version that can be had again (source {source}); name another one")
    around = find_repository(repository)
    if around is None:
        raise BadInput(
            f"{name} is {stored.title} of a broker's repository; call it there, or name the repository with --repo"
        )
    if around.commit_of(commit) is None:
        fetched = "git fetch --unshallow" if around.is_shallow() else "git fetch"
        raise BadInput(
            f"{name} is {stored.title}, and {around.root} has no such commit; fetch it ({fetched}), or name the "
            "repository that has it with --repo"
        )
    return found_commit(around, commit[:12], commit, stored.overrides)
