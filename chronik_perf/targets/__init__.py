"""What a name means: each scheme is one file and one line here, and gives a Target with its provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chronik_perf.model import Target
from chronik_perf.targets.command import command_target
from chronik_perf.targets.provenance import provenance
from chronik_perf.targets.release import release_target

Resolver = Callable[[str, Mapping[str, str]], Target]

# The first prefix that fits decides; a name without one is a release's.
SCHEMES: tuple[tuple[str, Resolver], ...] = (
    ("command:", command_target),
    ("", release_target),
)


def resolve(name: str, overrides: Mapping[str, str] | None = None) -> Target:
    """Say what a name stands for, with values of its configuration overridden.

    Raises BadInput for a name that stands for nothing and for an override that the target does not have.
    """
    for prefix, resolver in SCHEMES:
        if name.startswith(prefix):
            return resolver(name.removeprefix(prefix), overrides or {})
    raise AssertionError("the last scheme takes every name")


__all__ = ["provenance", "resolve"]
