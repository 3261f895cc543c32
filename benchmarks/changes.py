"""Scores change-point detection beside other methods at their defaults, on simulated series with known changes.

    python -m benchmarks.changes [--series 40]

Each kind of noise gives series without a change, with one and with a fall that goes away again. Scores are those of
van den Burg and Williams (2020): F1 with a margin of 5 places, the start of the series counting as a change for all,
and the covering of the true segments. The seed is fixed. ruptures and Otava are used where they are installed (see
the README); what is not is left out, and said.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chronik_perf.stats.changes import detect

sys.path.append(str(Path(__file__).with_name("proof") / ".rivals"))

Floats = NDArray[np.float64]
Method = Callable[[Floats], list[int]]
MARGIN = 5
SEED = 20261125


def remembering(memory: float) -> Callable[[np.random.Generator, int], Floats]:
    def noise(rng: np.random.Generator, n: int) -> Floats:
        values = rng.normal(size=n)
        for at in range(1, n):
            values[at] += memory * values[at - 1]
        return values

    return noise


def stray(rng: np.random.Generator, n: int) -> Floats:
    values = rng.normal(size=n)
    values[rng.choice(n, size=n // 30, replace=False)] += 15
    return values


NOISES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails (t, 3)": lambda rng, n: rng.standard_t(3, size=n),
    "skewed (log-normal)": lambda rng, n: np.exp(rng.normal(0, 0.6, size=n)),
    "remembers half": remembering(0.5),
    "remembers nearly all": remembering(0.9),
    "slow drift": lambda rng, n: rng.normal(size=n) + np.linspace(0, 10, n),
    "weekdays": lambda rng, n: rng.normal(size=n) + 3 * np.sin(np.arange(n) * 2 * np.pi / 7),
    "stray values": stray,
    "grows fourfold": lambda rng, n: rng.normal(size=n) * np.where(np.arange(n) < n // 2, 0.5, 2),
    "two modes": lambda rng, n: rng.normal(size=n) - np.where(rng.random(n) < 0.25, 30, 0),
}


def ours(values: Floats) -> list[int]:
    return [change.index for change in detect(values)]


def methods() -> dict[str, Method]:
    """Give the methods that are installed, each at its defaults; the penalty of ruptures, which has none, is BIC's."""
    found: dict[str, Method] = {"this toolkit": ours, "no change, ever": lambda values: []}
    try:
        ruptures = importlib.import_module("ruptures")
    except ImportError:
        print("ruptures is not installed: PELT and binary segmentation are left out", file=sys.stderr)
    else:

        def scaled(values: Floats) -> Floats:
            # The noise's scale from the series' own steps, as R's changepoint users are told to.
            return values / max(float(np.median(np.abs(np.diff(values)))) * 1.4826 / np.sqrt(2), 1e-12)

        def penalty(values: Floats) -> float:
            return 3 * float(np.log(len(values)))

        found["PELT (ruptures, l2)"] = lambda v: (
            ruptures.Pelt(model="l2").fit(scaled(v)).predict(pen=penalty(v))[:-1]
        )
        found["binary segmentation (ruptures, l2)"] = lambda v: (
            ruptures.Binseg(model="l2").fit(scaled(v)).predict(pen=penalty(v))[:-1]
        )
    try:
        analysis = importlib.import_module("otava.analysis")
    except ImportError:
        print("Otava is not installed: e-divisive is left out", file=sys.stderr)
    else:
        found["e-divisive (Otava)"] = lambda v: [
            point.index for point in analysis.compute_change_points(list(v), 50, 0.001, 0.0)[0]
        ]
    return found


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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=40, help="series per kind of noise and of change")
    given = parser.parse_args()
    n, height = 100, 6.0
    shapes: dict[str, list[int]] = {"none": [], "one": [60], "there and back": [45, 60]}
    scores: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    false: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    took_s: defaultdict[str, float] = defaultdict(float)
    known = methods()
    rng = np.random.default_rng(SEED)
    for noise, draw in NOISES.items():
        for true in shapes.values():
            for _ in range(given.series):
                values = 100 + draw(rng, n)
                if true:
                    values[true[0] : (true[1] if len(true) > 1 else n)] -= height
                for name, method in known.items():
                    begun = time.perf_counter()
                    said = [int(place) for place in method(values)]
                    took_s[name] += time.perf_counter() - begun
                    scores[name].append((f1(true, said), covering(true, said, n)))
                    false[name][noise] += not true and bool(said)
    drawn = given.series * len(NOISES) * len(shapes)
    print(f"{drawn} series of {n} values, steps of {height:g} noise scales, {len(NOISES)} kinds of noise\n")
    print(f"{'method':36}{'F1':>8}{'covering':>10}{'ms a series':>13}")
    for name in known:
        mean = np.mean(scores[name], axis=0)
        print(f"{name:36}{mean[0]:8.3f}{mean[1]:10.3f}{1000 * took_s[name] / drawn:13.1f}")
    print(f"\nseries without a change of which one was told, of {given.series}:")
    print(" " * 36 + "".join(f"{noise.split(' (')[0][:14]:>16}" for noise in NOISES))
    for name in known:
        print(f"{name:36}" + "".join(f"{false[name][noise]:16}" for noise in NOISES))


if __name__ == "__main__":
    main()
