"""What differential profiles can tell: how often a change of a function is found, and how often equals are coloured.

Nothing is measured: starts are drawn (Poisson samples of functions whose cost differs from start to start) and put
through the toolkit's own test, with a fixed seed. `python -m benchmarks.profile_power` prints the tables of
docs/method.md; it takes some minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chronik_perf.model import Profile, Side
from chronik_perf.stats import profile_difference

# Parts of the CPU: twenty large functions, forty of about 1 %, a crowd of small ones.
SHARES = np.array([25.0] * 20 + [10.0] * 40 + [1.0] * 100) / 1000
TARGET = 20  # a function of 1 %
NAMES = [f"f{i} (a.py)" for i in range(SHARES.size)]
COMPARISONS = 60
EQUALS = 400
SECONDS_AT_100_HZ = 100
CORES = 0.2  # SD of the logarithm of their speed


def starts_of(
    rng: np.random.Generator,
    shares: np.ndarray,
    side: Side,
    starts: int,
    samples: float,
    sd: float,
    speeds: float,
) -> Iterator[Profile]:
    """Draw the starts of a side, each with so many samples, functions differing from start to start by that SD.

    `speeds` is the SD of the logarithm of a core's speed, which differs from start to start, too.
    """
    for start in range(starts):
        true = samples * shares * rng.gamma(1 / sd**2, sd**2, shares.size)
        drawn = rng.poisson(true)
        stacks = {f"T;main (a.py);{n}": int(c) for n, c in zip(NAMES, drawn, strict=True) if c}
        cpu_s = float(true.sum() * np.exp(rng.normal(0, speeds))) / SECONDS_AT_100_HZ
        yield Profile(side, "raw", "cpu", 100, sum(stacks.values()), 10.0, cpu_s, 10**6, stacks, start)


def found(samples: int, starts: int, sd: float, grown: float, seed: int, speeds: float = 0.0) -> float:
    """Give how often the target is told if it costs `grown` more; `samples` are a side's, all starts together."""
    rng = np.random.default_rng(seed)
    more = SHARES.copy()
    more[TARGET] *= 1 + grown
    hits = 0
    for _ in range(COMPARISONS):
        one = [
            list(starts_of(rng, shares, side, starts, samples / starts, sd, speeds))
            for side, shares in (("base", SHARES), ("candidate", more))
        ]
        told = {f.name: f.state for f in profile_difference(*one).frames}
        hits += told.get(NAMES[TARGET]) == "grew"
    return hits / COMPARISONS


def coloured(
    starts: int, sd: float, seed: int, samples: int = 1000, speeds: float = 0.0
) -> tuple[float, float]:
    """Give how often equals have any coloured function, and any coloured frame of the tree."""
    rng = np.random.default_rng(seed)
    functions = frames = 0
    for _ in range(EQUALS):
        one = [
            list(starts_of(rng, SHARES, side, starts, samples, sd, speeds)) for side in ("base", "candidate")
        ]
        difference = profile_difference(*one)
        functions += any(not f.grey for f in difference.frames)
        main = difference.root.children[0].children[0]
        frames += any(not n.grey for n in (main, *main.children))
    return functions / EQUALS, frames / EQUALS


def main() -> None:
    """Print all of it."""
    print("Equals with anything coloured (functions, frames):")
    for sd in (0.02, 0.1, 0.3, 0.5):
        for starts in (3, 4, 8):
            print(
                f"  SD {sd:.0%}, {starts} starts: {'{:.1%}, {:.1%}'.format(*coloured(starts, sd, 1))}",
                flush=True,
            )
    print("The same on cores whose speeds differ by 20 % from start to start:")
    for starts, samples in ((4, 400), (12, 10_000)):
        functions, frames = coloured(starts, 0.1, 3, samples, CORES)
        print(f"  SD 10 %, {starts} starts of {samples:,} samples: {functions:.1%}, {frames:.1%}", flush=True)
    for starts, samples in ((8, 90_000), (12, 150_000)):
        each = (found(samples, starts, sd, 0.2, 4, CORES) for sd in (0.03, 0.1))
        print(
            f"  +20 % of a function of 1 %, {samples:,} samples a side, {starts} starts, SD 3 % | 10 %: "
            f"{'{:.0%} | {:.0%}'.format(*each)}",
            flush=True,
        )
    print("+20 % and +100 % of a function of 1 % found:")
    for samples in (300, 900, 4_500, 20_000, 45_000, 90_000, 150_000):
        for starts in (4, 8, 12):
            each = (found(samples, starts, sd, grown, 2) for sd in (0.03, 0.1) for grown in (0.2, 1.0))
            print(
                f"  {samples:,} samples a side, {starts} starts, SD 3 % | 10 %: "
                f"{'{:.0%} {:.0%} | {:.0%} {:.0%}'.format(*each)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
