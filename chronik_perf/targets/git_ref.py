"""A git ref of a broker's repository, built once; and `worktree:`, the tree as it lies there."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.targets import cache
from chronik_perf.targets.build import Say, built, check_program, key_of, run_build
from chronik_perf.targets.git import Repository
from chronik_perf.targets.manifest import NAME, Manifest, read_manifest
from chronik_perf.targets.provenance import uncommitted
from chronik_perf.targets.release import known_releases


def ref_target(
    repository: Repository, ref: str, commit: str, overrides: Mapping[str, str], say: Say
) -> Target:
    """Give a commit of a repository, built. Raises BadInput and MeasurementFailed as `build.built` does."""
    manifest = manifest_for(repository, commit, ref)
    _check_overrides(manifest, overrides)
    tree = built(repository, commit, ref, manifest, say)
    return _target(ref, manifest, overrides, tree, Provenance("git", commit, False, str(repository.root)))


def worktree_target(repository: Repository, overrides: Mapping[str, str], say: Say) -> Target:
    """Give the present tree, built in its place; dirty when it is. Raises as `ref_target` does."""
    manifest = _present_manifest(repository, NAME)
    _check_overrides(manifest, overrides)
    changed = repository.changed()
    commit = repository.commit_of("HEAD")
    if manifest.build:
        say(f"building the present tree: {manifest.build}")
        name = hashlib.sha256(str(repository.root).encode()).hexdigest()[:20]
        cache.cache_root().mkdir(parents=True, exist_ok=True)
        run_build(manifest, repository.root, "the present tree", cache.log_of(f"worktree-{name}"), say)
    check_program(manifest, repository.root, "the present tree")
    dirty = None if changed is None else bool(changed)
    return _target(
        "worktree:",
        manifest,
        overrides,
        repository.root,
        Provenance("worktree", commit, dirty, uncommitted(changed or ())),
    )


def own_manifest(repository: Repository, commit: str, ref: str) -> Manifest | None:
    """Read a commit's own perf.toml; None if it has none. Raises BadInput for one that cannot be read."""
    text = repository.manifest_of(commit)
    return None if text is None else read_manifest(text, f"{NAME} of {ref}")


def manifest_for(repository: Repository, commit: str, ref: str) -> Manifest:
    """Read the commit's own perf.toml, else the present one: a commit from before there was any is built alike.

    Raises BadInput for one that cannot be read.
    """
    own = own_manifest(repository, commit, ref)
    return own or _present_manifest(repository, f"{NAME} of the present tree")


def _present_manifest(repository: Repository, where: str) -> Manifest:
    try:
        text = (repository.root / NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"{where} cannot be read: {why}") from None
    return read_manifest(text, where)


def is_built(commit: str, manifest: Manifest) -> bool:
    """Tell whether a commit's build is in the cache."""
    return cache.entry_of(key_of(commit, manifest)) is not None


def check_release(name: str, around: Repository | None) -> None:
    """Raise BadInput, which tells of the repository, for a name that is neither a ref of it nor a shipped release."""
    if around is None or name in known_releases():
        return
    fetched = " (its older commits were not fetched: git fetch --unshallow)" if around.is_shallow() else ""
    raise BadInput(
        f"there is no version {name!r}: no ref of {around.root}{fetched} and no shipped release has that name"
    )


def _check_overrides(manifest: Manifest, overrides: Mapping[str, str]) -> None:
    for key in overrides:
        if key not in manifest.settings:
            near = difflib.get_close_matches(key, manifest.settings, n=1)
            known = ", ".join(manifest.settings) or "none"
            hint = f"did you mean {near[0]}?" if near else f"known are: {known}"
            raise BadInput(f"{manifest.where} knows no setting {key!r} to override; {hint}")


def _target(
    name: str, manifest: Manifest, overrides: Mapping[str, str], tree: Path, provenance: Provenance
) -> Target:
    written = [
        word.replace("{key}", key).replace("{value}", value)
        for key, value in overrides.items()
        for word in manifest.override_with
    ]
    argv = [w for word in manifest.start for w in (written if word == "{set}" else [word])]
    changed = ", ".join(f"{key}={value}" for key, value in overrides.items())
    return Target(
        name=f"{name} with {changed}" if changed else name,
        argv=tuple(argv),
        ready="port",
        provenance=provenance,
        config={**manifest.settings, **overrides},
        env=dict(manifest.env),
        cwd=str(tree),
        ready_timeout_s=manifest.ready_timeout_s,
        stop_signal=manifest.stop_signal,
        stop_grace_s=manifest.stop_grace_s,
        least_warm_up_s=manifest.least_warm_up_s,
    )
