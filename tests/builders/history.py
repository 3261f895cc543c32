"""A series of the history, with changes where they are wanted."""

from __future__ import annotations

import numpy as np

from chronik_perf.model.history import Kind, Occasion, Reading, Track
from chronik_perf.stats.history.past import Past, past_of


def a_past(levels: list[float], name: str = "throughput", evil: str = "", seed: int = 1) -> Past:
    """Give fifteen values at each level, as ratios with an SD of 0.5 %; `evil` is added to every name."""
    values = np.random.default_rng(seed).normal(1, 0.005, (len(levels), 15)) * np.array(levels)[:, None]
    kind = Kind(
        name, name + evil, "msg/s" + evil, "higher", "ratio", 0.05, "gate", "raw" + evil, "raw" + evil, "w"
    )
    readings = tuple(
        Reading(
            Occasion(
                f"{i}",
                f"v{i}{evil}",
                f"{i:040d}",
                True,
                evil,
                f"2026-01-{1 + i // 24:02d}T{i % 24:02d}:00:00Z",
                "m",
                "machine" + evil,
                "v0" + evil if evil else "",
                "",
                {"client" + evil: f"{i}" + evil},
            ),
            float(value),
            0.01,
            9,
        )
        for i, value in enumerate(values.ravel())
    )
    return past_of(Track(kind, "m", "machine" + evil, readings))
