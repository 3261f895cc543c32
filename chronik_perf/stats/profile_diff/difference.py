"""The difference of two sides' profiles as one merged tree in µs per 1,000 stored messages.

Samples are scaled to what they stand for before anything is compared, so that another sampling rate, duration
or throughput does not read as a change. Counts stay beside the figures: they say how much a figure can be
trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chronik_perf.model import SIDES, Comparison, Profile, ProfileKind
from chronik_perf.stats.profile_diff.figures import DiffNode, FrameChange, ProfileDifference
from chronik_perf.stats.profile_diff.starts import Starts, gathered
from chronik_perf.stats.profile_diff.telling import Told
from chronik_perf.stats.profile_diff.tree import (
    POOLED,
    Node,
    merged,
    outer_first,
    pool_children,
    pool_functions,
)
from chronik_perf.stats.profile_diff.wording import seen_from, sentence


def profile_difference(base: Sequence[Profile], candidate: Sequence[Profile]) -> ProfileDifference:
    """Merge the profiles of one workload and kind, each of a start of its own.

    A CPU sample stands for its share of the process's CPU seconds over the window, a wall sample for one period of one
    thread. A start without samples or stored messages is left out with a note; a side without any has zeros. With fewer
    than three starts of a side everything is grey. Raises ValueError if workload or kind differ, or there is none.
    """
    starts = gathered(base, candidate)
    some = next(iter((*base, *candidate)), None)
    if some is None:
        raise ValueError("no profile at all has no difference")
    root, by_name = merged(starts)
    pool_children(root)
    functions = pool_functions(by_name)
    told = Told.of(root, functions, starts)
    tree = _finish(root, starts, told)
    frames = sorted(
        (FrameChange(f.name, *_figures(f, starts), *told.functions[id(f)]) for f in functions),
        key=lambda f: (f.grey, -abs(f.self_delta_us)),
    )
    return ProfileDifference(
        kind=some.kind,
        workload=some.workload,
        root=tree,
        frames=tuple(frames),
        base_samples=tree.base_samples,
        candidate_samples=tree.candidate_samples,
        notes=starts.notes,
        sentence=sentence(some.kind, tree, frames, told.enough),
        turned_sentence=sentence(some.kind, tree.turned(), [f.turned() for f in frames], told.enough),
        unseen=seen_from(some.kind, starts, told.bases, told.p_limit),
    )


def by_callers(
    base: Sequence[Profile], candidate: Sequence[Profile], of: ProfileDifference
) -> ProfileDifference:
    """Turn the tree of their difference round: a function by its own cost, and below it what of that came by whom.

    What is told of functions stays what is told `of` them there.
    """
    starts = gathered(base, candidate)
    root, by_name = merged(starts, by_callers=True)
    pool_children(root)
    tree = _finish(root, starts, Told.of(root, pool_functions(by_name), starts))
    told = {f.name: f for f in of.frames if f.name != POOLED}
    functions = (
        replace(node, state=told[node.name].state, interval_us=told[node.name].interval_us)
        if node.name in told
        else node
        for node in tree.children
    )
    return replace(of, root=replace(tree, children=tuple(functions)))


def profiles_of(
    comparison: Comparison, workload: str, kind: ProfileKind
) -> tuple[list[Profile], list[Profile]]:
    """Give the profiles of one workload and kind that have samples: the base's and the candidate's."""
    base, candidate = (
        [
            p
            for p in comparison.profiles
            if (p.side, p.workload, p.kind) == (side, workload, kind) and p.stacks
        ]
        for side in SIDES
    )
    return base, candidate


def difference_of(comparison: Comparison, workload: str, kind: ProfileKind) -> ProfileDifference | None:
    """Give the difference of a comparison's profiles of one workload and kind; None where a side has none."""
    base, candidate = profiles_of(comparison, workload, kind)
    return profile_difference(base, candidate) if base and candidate else None


def _figures(node: Node, starts: Starts) -> tuple[float, float, float, float, int, int]:
    """Give inclusive and own µs of both sides, and inclusive samples, in the order of the dataclasses."""
    us = np.array([node.total, node.own], dtype=np.float64) * starts.us
    base, candidate = starts.means(us)
    return (
        float(base[0]),
        float(candidate[0]),
        float(base[1]),
        float(candidate[1]),
        *starts.samples(node.total),
    )


def _finish(root: Node, starts: Starts, told: Told) -> DiffNode:
    """Freeze the tree from the leaves up."""
    done: dict[int, DiffNode] = {}
    for node in reversed(list(outer_first(root))):
        children = sorted(
            (done.pop(id(c)) for c in node.children.values()), key=lambda c: -max(c.base_us, c.candidate_us)
        )
        done[id(node)] = DiffNode(node.name, *_figures(node, starts), *told.nodes[id(node)], tuple(children))
    return done[id(root)]
