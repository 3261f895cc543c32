"""The two scores of van den Burg and Williams (2020), An Evaluation of Change Point Detection Algorithms."""

from __future__ import annotations

import itertools

MARGIN = 5


def f1(true: list[int], said: list[int]) -> float:
    """Harmonic mean of precision and recall; each true change is found by at most one that was said."""
    left, hits = sorted({0, *said}), 0
    for place in {0, *true}:
        near = [other for other in left if abs(other - place) <= MARGIN]
        if near:
            hits += 1
            left.remove(min(near, key=lambda other: abs(other - place)))
    return 2 * hits / (len({0, *said}) + len({0, *true}))


def covering(true: list[int], said: list[int], n: int) -> float:
    """The best overlap (Jaccard) of each true segment with one that was said, weighted by its length."""

    def segments(places: list[int]) -> list[tuple[int, int]]:
        edges = sorted({0, n, *places})
        return list(itertools.pairwise(edges))

    def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
        shared = max(0, min(a[1], b[1]) - max(a[0], b[0]))
        return shared / (max(a[1], b[1]) - min(a[0], b[0])) if shared else 0.0

    return sum((a[1] - a[0]) / n * max(overlap(a, b) for b in segments(said)) for a in segments(true))
