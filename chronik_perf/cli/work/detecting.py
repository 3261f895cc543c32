"""Carries out `perf history detect`, without what the rest of the history needs: programs call it often."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from chronik_perf.stats.changes import detect
from chronik_perf.stats.history.moved import union
from chronik_perf.store.history_numbers import Form, read_series


def print_changes(file: Path, form: Form) -> None:
    """Print the positions of the change points of any series as a JSON list. Raises BadInput for no series."""
    columns = read_series(file, form)
    print(json.dumps(list(union(detect(np.array(column, dtype=float)) for column in columns))))
