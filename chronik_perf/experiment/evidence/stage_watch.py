"""How long record batches are in each stage of a produce while a broker is asked, as its own metrics tell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from chronik_perf.model import STAGES, ProbeName
from chronik_perf.sampling.metrics import MetricsSampler


class StageWatch:
    """Collects means of stages, in ms per batch, by what was asked; nothing of a broker that does not tell them."""

    def __init__(self, metrics: MetricsSampler) -> None:
        self.stages_ms: dict[ProbeName, dict[str, float]] = {}
        self._metrics = metrics

    @contextlib.contextmanager
    def __call__(self, name: ProbeName) -> Iterator[None]:
        """Read the metrics before and after the block, in which the broker is asked."""
        if self._metrics.unread:  # a page that does not answer would be waited for again with each question
            yield
            return
        before = self._metrics.sample()
        yield
        after = self._metrics.sample()
        batches = after.get("batches", 0.0) - before.get("batches", 0.0)
        if batches > 0:
            self.stages_ms[name] = {
                stage: (after[key] - before[key]) * 1e3 / batches
                for stage in STAGES
                if (key := f"stage_{stage}_s") in before and key in after
            }
