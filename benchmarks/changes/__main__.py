"""Scores change-point detection beside other methods at their defaults, on simulated series with known changes.

    python -m benchmarks.changes [--series 40] [--seed N]

First, ten kinds of noise, each about a level that stays, that falls, and that falls and comes back. Then kinds of
series as other fields have them (`fields.py`). Scores are those of van den Burg and Williams (2020): F1 with a margin
of 5 places, the start of the series counting as a change for all, and the covering of the true segments. The seed is
fixed, and not one that anything was chosen on. What is not installed is left out, and said; to install it:

    .venv/bin/uv pip install --no-deps --target benchmarks/proof/.rivals ruptures apache-otava
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from benchmarks.changes import fields, noises
from benchmarks.changes.methods import Method, methods
from benchmarks.changes.scores import covering, f1

Floats = NDArray[np.float64]
SEED = 20261126


def score(known: dict[str, Method], series: Iterable[tuple[str, Floats, list[int]]]) -> None:
    """Print the mean scores of each method on these series; then, for each kind, F1 and how often a change was told."""
    scores: defaultdict[str, defaultdict[str, list[tuple[float, float]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    false: defaultdict[str, defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    took_s: defaultdict[str, float] = defaultdict(float)
    drawn = 0
    for kind, values, true in series:
        drawn += 1
        for name, method in known.items():
            begun = time.perf_counter()
            said = [int(place) for place in method(values)]
            took_s[name] += time.perf_counter() - begun
            scores[kind][name].append((f1(true, said), covering(true, said, len(values))))
            if not true:
                false[kind][name].append(bool(said))
    print(f"{drawn} series of {len(scores)} kinds\n")
    print(f"{'method':36}{'F1':>8}{'covering':>10}{'ms a series':>13}")
    for name in known:
        mean = np.mean([pair for kind in scores for pair in scores[kind][name]], axis=0)
        print(f"{name:36}{mean[0]:8.3f}{mean[1]:10.3f}{1000 * took_s[name] / drawn:13.1f}")
    print("\nF1, covering; told/drawn where nothing changed\n")
    print(" " * 24 + "".join(f"{name.split(' (')[0][:19]:>21}" for name in known))
    for kind, by_method in scores.items():
        line = f"{kind:24}"
        for name in known:
            mean = np.mean(by_method[name], axis=0)
            still = false[kind][name]
            told = f" {sum(still):2}/{len(still):<3}" if still else " " * 7
            line += f"   {mean[0]:.2f} {mean[1]:.2f} {told}"
        print(line)
    print(flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=40, help="series per kind (and shape of change)")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    known = methods()
    for part in (noises.drawn, fields.drawn):
        score(known, part(np.random.default_rng(given.seed), given.series))


if __name__ == "__main__":
    main()
