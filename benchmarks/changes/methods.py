"""The methods that are scored, each at its defaults: series in, first positions of the new levels out."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.changes.bocpd import most_probable
from chronik_perf.stats.changes import detect

sys.path.append(str(Path(__file__).parents[1] / "proof" / ".rivals"))

Floats = NDArray[np.float64]
Method = Callable[[Floats], list[int]]


def ours(values: Floats) -> list[int]:
    return [change.index for change in detect(values)]


def methods() -> dict[str, Method]:
    """Give the methods that are installed; the penalty of ruptures, which has none, is BIC's."""
    found: dict[str, Method] = {
        "this toolkit": ours,
        "no change, ever": lambda values: [],
        "BOCPD (Adams and MacKay)": _without_gaps(most_probable),
    }
    try:
        ruptures = importlib.import_module("ruptures")
    except ImportError:
        print("ruptures is not installed: PELT and binary segmentation are left out", file=sys.stderr)
    else:

        def scaled(values: Floats) -> Floats:
            # The noise's scale from the series' own steps, as R's changepoint users are told to.
            return values / (float(np.median(np.abs(np.diff(values)))) * 1.4826 / np.sqrt(2) or 1.0)

        def penalty(values: Floats) -> float:
            return 3 * float(np.log(len(values)))

        found["PELT (ruptures, l2)"] = _without_gaps(
            lambda v: ruptures.Pelt(model="l2").fit(scaled(v)).predict(pen=penalty(v))[:-1]
        )
        found["binary segmentation (ruptures, l2)"] = _without_gaps(
            lambda v: ruptures.Binseg(model="l2").fit(scaled(v)).predict(pen=penalty(v))[:-1]
        )
    try:
        analysis = importlib.import_module("otava.analysis")
    except ImportError:
        print("Otava is not installed: e-divisive is left out", file=sys.stderr)
    else:
        found["e-divisive (Otava)"] = _without_gaps(
            lambda v: [point.index for point in analysis.compute_change_points(list(v), 50, 0.001, 0.0)[0]]
        )
    return found


def _without_gaps(method: Method) -> Method:
    """Give a method that knows no gaps the values alone, and its positions back as those of the series."""

    def placed(values: Floats) -> list[int]:
        places = np.flatnonzero(np.isfinite(values))
        return [int(places[at]) for at in method(values[places])]

    return placed
