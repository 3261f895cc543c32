"""Secrets of a broker's environment: no run keeps them, and to go on with one they are read again from perf.toml."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chronik_perf.model import BadInput, Target
from chronik_perf.secrecy import REDACTED, redact
from chronik_perf.targets.described import manifest_for
from chronik_perf.targets.git import Repository


def with_secrets(target: Target) -> Target:
    """Give a version of a repository, as a run has kept it, with the secrets that its perf.toml gives to the broker.

    Raises BadInput where they cannot be had, or are not those of that version alone.
    """
    hidden = {name: value for name, value in target.env.items() if REDACTED in value}
    if not hidden:
        return target
    names = ", ".join(sorted(hidden))
    cannot = (
        f"{target.name} was started with {names} in [env], which a run does not keep as it may be a secret"
    )
    if any(f"{name}={value}" in target.name for name, value in hidden.items()):
        raise BadInput(f"{cannot}, and it is of the other version here; start a new run")
    commit, root = target.provenance.commit, Path(target.provenance.detail)
    if target.provenance.source != "git" or commit is None:
        raise BadInput(f"{cannot}, and only a git ref tells it again; start a new run")
    try:
        manifest = manifest_for(Repository(root), commit, target.version)
    except BadInput as error:
        raise BadInput(f"{cannot}, and it cannot be read again: {error}") from None
    told = {name: manifest.env[name] for name in hidden if name in manifest.env}
    if redact(told) != hidden:
        raise BadInput(f"{cannot}, and {manifest.where} does not say it any more as it did; start a new run")
    return dataclasses.replace(target, env={**target.env, **told})


def differing(base: Target, candidate: Target) -> tuple[str, ...]:
    """Say which secrets the two versions are given with different values, as what is kept of both looks the same."""
    kept = redact(base.env), redact(candidate.env)
    names = [
        name
        for name in sorted(base.env.keys() & candidate.env.keys())
        if base.env[name] != candidate.env[name] and kept[0][name] == kept[1][name]
    ]
    if not names:
        return ()
    return (
        f"{base.name} and {candidate.name} are given different values of {', '.join(names)}, which may be secret and "
        "are not shown",
    )
