"""The live display: which block, the estimate so far, time left at most; on stderr, beside the result."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from chronik_perf.cli.saying import say
from chronik_perf.experiment.progress import BLOCK, Progress
from chronik_perf.model import Effect, Verdict, metric
from chronik_perf.stats import words


class Display:
    """A few lines redrawn once a second on a terminal; elsewhere (a CI log) one line whenever something began."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._begun = time.monotonic()
        self._estimate: list[tuple[str, str]] = []
        self._progress: Progress | None = None
        # Once a second: drawing costs a millisecond of the core that gives the load.
        self._live = Live(
            console=self._console, get_renderable=self._drawn, refresh_per_second=1, transient=True
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def progress(self, progress: Progress) -> None:
        """Show what began."""
        self._progress = progress
        self._show(self._line())

    def estimate(self, verdict: Verdict) -> None:
        """Show the estimate so far. The word comes at the end, whenever that is."""
        self._estimate = [
            (f"{metric(row.metric).title}, {row.workload}", _so_far(row.effect))
            for row in verdict.rows
            if row.role == "gate" and row.effect is not None
        ]
        if self._estimate:
            self._show("  so far: " + "; ".join(f"{name} {change}" for name, change in self._estimate))

    def _show(self, line: str) -> None:
        if self._console.is_terminal:
            self._live.refresh()
        else:
            say(line)

    def _drawn(self) -> Text:
        width = max((len(name) for name, _ in self._estimate), default=0)
        lines = [f"  so far: {name:<{width}}  {change}" for name, change in self._estimate]
        # A line that a narrow terminal would wrap is cut: what wraps cannot be redrawn in place.
        return Text("\n".join([self._line(), *lines]), no_wrap=True, overflow="ellipsis")

    def _line(self) -> str:
        progress = self._progress
        if progress is None:
            return ""
        what = f"block {progress.finished + 1}" if progress.phase == BLOCK else progress.phase
        return f"{what}; {self._left(progress)}"

    def _left(self, progress: Progress) -> str:
        now = time.monotonic()
        gone = f"{now - self._begun:.0f} s gone"
        if progress.budget_s is None:
            return gone
        return f"{gone}, at most {max(1.0, progress.budget_s - (now - self._begun)):.0f} s left"


def _so_far(effect: Effect) -> str:
    return (
        words.percent(effect.estimate, signed=True)
        if words.is_open(effect)
        else words.signed_change(effect, "")
    )
