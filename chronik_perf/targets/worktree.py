"""`worktree:`, the tree of a broker's repository as it lies there, built in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.printing import one_line
from chronik_perf.targets import cache
from chronik_perf.targets.build import check_program, run_build
from chronik_perf.targets.build_environment import seen
from chronik_perf.targets.described import check_overrides, explain_build, present_manifest, target_of
from chronik_perf.targets.git import Repository, find_repository
from chronik_perf.targets.manifest import NAME, Manifest
from chronik_perf.targets.provenance import uncommitted
from chronik_perf.targets.scheme import Asked, Found, Say, Scheme


def _find(rest: str, asked: Asked) -> Found:
    around = find_repository(asked.repository)
    if rest or around is None:
        raise BadInput(
            "worktree: stands alone, and is the tree of a broker's repository that has a perf.toml; call it there, or "
            "name the repository with --repo"
        )
    manifest = present_manifest(around, NAME)
    check_overrides(manifest, asked.overrides)
    return Found(
        explain=lambda: _explain(around, manifest),
        target=lambda say: _target(around, manifest, asked.overrides, say),
    )


def _explain(repository: Repository, manifest: Manifest) -> list[str]:
    changed = repository.changed()
    state = (
        "git does not say whether it has changes" if changed is None else "no changes since its last commit"
    )
    if changed:
        state = f"dirty: {len(changed)} file{'s' * (len(changed) > 1)} changed, such as {changed[0]}"
    told = f"worktree:: the present tree of {repository.root}, because it is called so; {state}."
    return [told, *explain_build(manifest)]


def _target(repository: Repository, manifest: Manifest, overrides: Mapping[str, str], say: Say) -> Target:
    """Build the present tree in its place, and name it dirty when it is. Raises MeasurementFailed."""
    changed = repository.changed()
    commit = repository.commit_of("HEAD")
    built_with = seen(manifest, repository.root) if manifest.build else {}
    if manifest.build:
        say(f"building the present tree: {one_line(manifest.build)}")
        name = hashlib.sha256(str(repository.root).encode()).hexdigest()[:20]
        cache.prepared()
        run_build(manifest, repository.root, "the present tree", cache.log_of(f"worktree-{name}"), say)
    check_program(manifest, repository.root, "the present tree")
    provenance = Provenance(
        "worktree", commit, None if changed is None else bool(changed), uncommitted(changed or ())
    )
    return target_of("worktree:", manifest, overrides, repository.root, provenance, built_with)


def _names(given: Path | None) -> list[str]:
    around = find_repository(given)
    return [] if around is None else [f"the present tree of {around.root}: worktree:"]


WORKTREE = Scheme("worktree:", _find, _names)
