"""A git ref of a broker's repository, built once; a name that is none is a shipped release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.targets import cache
from chronik_perf.targets.build import built
from chronik_perf.targets.build_environment import key_of
from chronik_perf.targets.described import check_overrides, explain_build, manifest_for, target_of
from chronik_perf.targets.git import Repository, find_repository
from chronik_perf.targets.manifest import NAME, Manifest
from chronik_perf.targets.release import found_release, known_releases
from chronik_perf.targets.scheme import Asked, Found, Say, Scheme


def _find(name: str, asked: Asked) -> Found:
    around = find_repository(asked.repository)
    commit = around.commit_of(name) if around else None
    if around is None:
        return found_release(name, asked, f"because there is no {NAME} around here")
    if commit is None:
        _check_release(name, around)
        return found_release(name, asked, f"because {around.root} has no ref of that name")
    return found_commit(around, name, commit, asked.overrides)


def found_commit(repository: Repository, ref: str, commit: str, overrides: Mapping[str, str]) -> Found:
    """Find a commit that a repository has; `ref` names it. Raises BadInput as `find` does."""
    manifest = manifest_for(repository, commit, ref)
    check_overrides(manifest, overrides)
    return Found(
        explain=lambda: _explain(repository, ref, commit, manifest),
        target=lambda say: _target(repository, ref, commit, manifest, overrides, say),
        commit=commit,
    )


def _target(
    repository: Repository,
    ref: str,
    commit: str,
    manifest: Manifest,
    overrides: Mapping[str, str],
    say: Say,
) -> Target:
    for line in _namesakes(repository, ref, commit):
        say(line)
    tree, built_with = built(repository, commit, ref, manifest, say)
    provenance = Provenance("git", commit, False, str(repository.root))
    return target_of(ref, manifest, overrides, tree, provenance, built_with)


def _explain(repository: Repository, ref: str, commit: str, manifest: Manifest) -> list[str]:
    is_built = cache.entry_of(key_of(commit, manifest)) is not None
    state = "built, in the cache" if is_built else "not built yet"
    lines = [
        f"{ref}: commit {commit} of {repository.root}, because that repository has a {NAME} and a ref of that name.",
        f"It is described by {manifest.where} and is {state}.",
        *explain_build(manifest),
    ]
    lines += _namesakes(repository, ref, commit)
    if ref in known_releases():
        lines.append(f"A shipped release has that name, too: release:{ref} is that one.")
    return lines


def _namesakes(repository: Repository, ref: str, commit: str) -> list[str]:
    return [
        f"{ref} is commit {commit[:10]}, as git takes it; {other} is another one, which that name is for."
        for other in repository.namesakes(ref, commit)
    ]


def _check_release(name: str, around: Repository) -> None:
    """Raise BadInput, which tells of the repository, for a name that is neither a ref of it nor a shipped release."""
    if name in known_releases():
        return
    fetched = " (its older commits were not fetched: git fetch --unshallow)" if around.is_shallow() else ""
    raise BadInput(
        f"there is no version {name!r}: no ref of {around.root}{fetched} and no shipped release has that name"
    )


def _names(given: Path | None) -> list[str]:
    around = find_repository(given)
    if around is None:
        return [f"git refs: none, since there is no {NAME} around here (perf init writes one)"]
    tags = around.newest_tags()
    shown = f", such as {', '.join(tags)}" if tags else ""
    return [f"git refs: any of {around.root}{shown}"]


REF_OR_RELEASE = Scheme("", _find, _names)
