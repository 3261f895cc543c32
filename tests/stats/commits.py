"""Simulates group commits on a disk whose syncs have a heavy tail."""

from __future__ import annotations

import numpy as np

CLIENTS, COMMITS = 2, 150
THINK_MS, WRITE_MS, SYNC_MS = 3.0, 0.05, 0.4


def wait_in_syncs(rng: np.random.Generator, *, early: bool) -> float:
    """Give a start's mean wait of a batch for its commit, in mean syncs; `early` acknowledges before the sync."""
    arrives = rng.exponential(THINK_MS, CLIENTS)
    syncs = SYNC_MS * np.exp(rng.normal(0.0, 0.8, COMMITS)) * np.where(rng.random(COMMITS) < 0.02, 10.0, 1.0)
    free_ms = waited_ms = 0.0
    batches = 0
    for sync_ms in syncs:
        begun_ms = max(free_ms, arrives.min())
        taken = arrives <= begun_ms
        written_ms = begun_ms + WRITE_MS
        free_ms = written_ms + float(sync_ms)
        acked_ms = written_ms if early else free_ms
        waited_ms += float((acked_ms - arrives[taken]).sum())
        batches += int(taken.sum())
        arrives[taken] = acked_ms + rng.exponential(THINK_MS, int(taken.sum()))
    return waited_ms / batches / float(syncs.mean())
