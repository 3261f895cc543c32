"""What a perf.toml makes of a tree: a target, with the settings overridden that it lets be."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.targets.build_environment import named
from chronik_perf.targets.git import Repository
from chronik_perf.targets.manifest import NAME, Manifest, read_manifest


def own_manifest(repository: Repository, commit: str, ref: str) -> Manifest | None:
    """Read a commit's own perf.toml; None if it has none. Raises BadInput for one that cannot be read."""
    text = repository.manifest_of(commit)
    return None if text is None else read_manifest(text, f"{NAME} of {ref}")


def present_manifest(repository: Repository, where: str) -> Manifest:
    """Read the perf.toml that lies at the root; `where` names it. Raises BadInput for one that cannot be read."""
    try:
        text = (repository.root / NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(f"{where} cannot be read: {why}") from None
    return read_manifest(text, where)


def manifest_for(repository: Repository, commit: str, ref: str) -> Manifest:
    """Read the commit's own perf.toml, else the present one: a commit from before there was any is built alike.

    Raises BadInput for one that cannot be read.
    """
    own = own_manifest(repository, commit, ref)
    return own or present_manifest(repository, f"{NAME} of the present tree")


def check_overrides(manifest: Manifest, overrides: Mapping[str, str]) -> None:
    """Raise BadInput for a setting that the perf.toml does not let be overridden."""
    for key in overrides:
        if key not in manifest.settings:
            near = difflib.get_close_matches(key, manifest.settings, n=1)
            known = ", ".join(manifest.settings) or "none"
            hint = f"did you mean {near[0]}?" if near else f"known are: {known}"
            raise BadInput(f"{manifest.where} knows no setting {key!r} to override; {hint}")


def explain_build(manifest: Manifest) -> list[str]:
    """Say, a sentence a line, what of the caller's goes into a build; nothing where perf.toml names nothing."""
    if not manifest.build:
        return []
    values = [f"{name} ({value})" for name, value in named(manifest).items()]
    return [f"Its build depends on these, as they are here: {', '.join(values)}."] if values else []


def target_of(
    name: str,
    manifest: Manifest,
    overrides: Mapping[str, str],
    tree: Path,
    provenance: Provenance,
    built_with: Mapping[str, str],
) -> Target:
    """Give what is started in a built tree; the overrides are part of its command and its name."""
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
        version=name,
        overrides=dict(overrides),
        config={**manifest.settings, **overrides},
        env=dict(manifest.env),
        built_with=dict(built_with),
        cwd=str(tree),
        fixed_port=manifest.fixed_port,
        ready_timeout_s=manifest.ready_timeout_s,
        ready_line=manifest.ready_line,
        stop_signal=manifest.stop_signal,
        stop_grace_s=manifest.stop_grace_s,
        least_warm_up_s=manifest.least_warm_up_s,
        metrics_url=manifest.metrics_url,
        interesting=manifest.interesting,
    )
