"""Takes two versions apart: the ways in which they differ, and versions in between that have some of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence, Set

from chronik_perf.model import BadInput, Target
from chronik_perf.model.ablation import Difference
from chronik_perf.secrecy import redact

CODE, ENV, NOT_SET = "code", "env.", "not set"
_BUILT = frozenset({"git", "worktree"})

Make = Callable[[str, Mapping[str, str]], Target]
"""Resolves a name with overrides."""


def differences(base: Target, candidate: Target) -> tuple[Difference, ...]:
    """Give the settings and the variables that differ, and `code` where the program does.

    A setting that one side alone has is one where the program is the same; else it belongs to the code. Raises BadInput
    for two programs that have nothing in common that could be taken apart.
    """
    was, is_now = base.provenance, candidate.provenance
    # Of a command no configuration is known, so it is the same program only with the same arguments.
    same = was == is_now and (was.source != "command" or base.argv == candidate.argv)
    if not same and not {was.source, is_now.source} <= _BUILT:
        raise BadInput(
            f"{base.name} and {candidate.name} differ as wholes, so nothing of one can be put into the other; "
            "perf explain takes releases, refs of a repository with a perf.toml, or one command with other variables"
        )
    keys = {*base.config} | {*candidate.config} if same else {*base.config} & {*candidate.config}
    found = [
        *_differing(base.config, candidate.config, keys),
        *(_of_environment(d) for d in _differing(base.env, candidate.env, {*base.env, *candidate.env})),
    ]
    return tuple(found) if same else (*found, Difference(CODE, base.name, candidate.name))


def _differing(base: Mapping[str, str], candidate: Mapping[str, str], keys: Set[str]) -> list[Difference]:
    both = [(key, base.get(key, NOT_SET), candidate.get(key, NOT_SET)) for key in sorted(keys)]
    return [Difference(*one) for one in both if one[1] != one[2]]


def _of_environment(difference: Difference) -> Difference:
    """Give it to be shown: it may be about a secret."""
    key, values = difference.key, (difference.base, difference.candidate)
    shown = (redact({key: value})[key] if value != NOT_SET else NOT_SET for value in values)
    return Difference(f"{ENV}{key}", *shown)


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
    settings = {k: v for k, v in wanted.items() if k != CODE and not k.startswith(ENV)}
    changed = {k: v for k, v in settings.items() if whole.config.get(k, NOT_SET) != v}
    together = {**overrides, **changed}
    made = make(name, {k: v for k, v in together.items() if v != NOT_SET})
    # Of the differences only what may be shown is known.
    variables = {
        (name := d.key.removeprefix(ENV)): (candidate if d.key in keys else base)[2].env.get(name, NOT_SET)
        for d in found
        if d.key.startswith(ENV)
    }
    other = {k: v for k, v in variables.items() if whole.env.get(k, NOT_SET) != v}
    if not other:
        return made
    env = {k: v for k, v in {**made.env, **other}.items() if other.get(k) != NOT_SET}
    return dataclasses.replace(
        made, env=env, name=f"{made.name}, {', '.join(f'{k}={v}' for k, v in redact(other).items())}"
    )
