"""What a broker's own metrics tell while it is asked: how long batches are in each stage, and how soon it tells it."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator

from chronik_perf.model import STAGES, Measured, ProbeName, Unavailable
from chronik_perf.sampling.metrics import MetricsSampler

MOST_MS = 2000.0  # for all pages together: one that is slow to come would take longer than all that is asked


class StageWatch:
    """Collects means of stages, in ms per batch, by what was asked; nothing of a broker that does not tell them.

    When reading the page has taken `MOST_MS` in all, it is not read any more.
    """

    def __init__(self, metrics: MetricsSampler) -> None:
        self.stages_ms: dict[ProbeName, dict[str, float]] = {}
        self._metrics = metrics
        self._scrapes_ms: list[float] = []

    @property
    def scrape_ms(self) -> Measured:
        """Give the median time until the page of metrics was there."""
        if not self._scrapes_ms:
            return Unavailable(self._metrics.unread or "no metrics were asked for")
        return statistics.median(self._scrapes_ms)

    @contextlib.contextmanager
    def __call__(self, name: ProbeName) -> Iterator[None]:
        """Read the metrics before and after the block, in which the broker is asked."""
        # A page that does not answer would be waited for again with each question.
        if self._metrics.unread or sum(self._scrapes_ms) > MOST_MS:
            yield
            return
        before = self._sample()
        yield
        after = self._sample()
        batches = after.get("batches", 0.0) - before.get("batches", 0.0)
        if batches > 0:
            self.stages_ms[name] = {
                stage: (after[key] - before[key]) * 1e3 / batches
                for stage in STAGES
                if (key := f"stage_{stage}_s") in before and key in after
            }

    def _sample(self) -> dict[str, float]:
        values = self._metrics.sample()
        if not self._metrics.unread:
            self._scrapes_ms.append(self._metrics.answered_s * 1e3)
        return values
