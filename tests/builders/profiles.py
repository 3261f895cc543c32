"""Profiles of declared stacks, their differences, and ways through a tree of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chronik_perf.model import Measured, Profile, ProfileKind, Side
from chronik_perf.stats import DiffNode, ProfileDifference, profile_difference


def a_profile_of(
    stacks: Mapping[str, int],
    side: Side = "base",
    *,
    kind: ProfileKind = "cpu",
    rate_hz: int = 100,
    cpu_s: Measured = 5.0,
    stored: int = 1_000_000,
    window_s: float = 10.0,
) -> Profile:
    """Give a profile; by default 5 s of CPU for a million messages, which is 5,000 µs per 1,000."""
    return Profile(side, "acks1", kind, rate_hz, sum(stacks.values()), window_s, cpu_s, stored, dict(stacks))


def difference_of(base: Profile, candidate: Profile, starts: int = 4) -> ProfileDifference:
    """Give the difference of two programs, each of whose starts came out the same."""
    return profile_difference([base] * starts, [candidate] * starts)


def nodes_of(node: DiffNode) -> Iterator[DiffNode]:
    """Give every node of a tree, the outer before the inner."""
    yield node
    for child in node.children:
        yield from nodes_of(child)


def node_at(difference: ProfileDifference, *path: str) -> DiffNode:
    """Walk down a path of names."""
    node = difference.root
    for name in path:
        node = next(c for c in node.children if c.name == name)
    return node
