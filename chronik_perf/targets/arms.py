"""Takes two versions apart: the ways in which they differ, and versions in between that have some of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from chronik_perf.model import BadInput, Target
from chronik_perf.model.ablation import Difference

CODE, ENV = "code", "env."
_BUILT = ("git", "worktree")

Make = Callable[[str, Mapping[str, str]], Target]
"""Resolves a name with overrides."""


def differences(base: Target, candidate: Target) -> tuple[Difference, ...]:
    """Give the settings and the variables that differ, and `code` where the program does.

    A setting that only one of the two knows belongs to its code. Raises BadInput for two programs that have nothing in
    common that could be taken apart.
    """
    found = [
        Difference(key, base.config[key], candidate.config[key])
        for key in sorted({*base.config} & {*candidate.config})
        if base.config[key] != candidate.config[key]
    ]
    found += [
        Difference(f"{ENV}{name}", base.env.get(name, ""), candidate.env.get(name, ""))
        for name in sorted({*base.env, *candidate.env})
        if base.env.get(name, "") != candidate.env.get(name, "")
    ]
    was, is_now = base.provenance, candidate.provenance
    if (was.source, was.commit, was.dirty, was.detail) == (
        is_now.source,
        is_now.commit,
        is_now.dirty,
        is_now.detail,
    ) and was.source != "command":
        return tuple(found)
    if was.source not in _BUILT or is_now.source not in _BUILT:
        raise BadInput(
            f"{base.name} and {candidate.name} differ as wholes, so nothing of one can be put into the other; "
            "perf explain takes releases, or refs of a repository with a perf.toml"
        )
    return (*found, Difference(CODE, base.name, candidate.name))


def arm(
    keys: Sequence[str],
    found: Sequence[Difference],
    base: tuple[str, Mapping[str, str], Target],
    candidate: tuple[str, Mapping[str, str], Target],
    make: Make,
) -> Target:
    """Give the base with some differences put in; with all of them it is the candidate.

    `base` and `candidate` are name, overrides and what they stand for. Raises as `make` does.
    """
    if len(keys) == len(found):
        return candidate[2]
    name, overrides, whole = candidate if CODE in keys else base
    wanted = {d.key: d.candidate if d.key in keys else d.base for d in found}
    settings = {
        k: v for k, v in wanted.items() if k != CODE and not k.startswith(ENV) and whole.config[k] != v
    }
    made = make(name, {**overrides, **settings})
    variables = {k.removeprefix(ENV): v for k, v in wanted.items() if k.startswith(ENV)}
    if {k: whole.env.get(k, "") for k in variables} == variables:
        return made
    told = ", ".join(f"{k}={v}" for k, v in variables.items() if whole.env.get(k, "") != v)
    env = {k: v for k, v in {**made.env, **variables}.items() if v}
    return dataclasses.replace(made, env=env, name=f"{made.name}, {told}")
