"""The live display: which block of how many, the estimate so far, time left; on stderr, beside the result."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from chronik_perf.experiment.progress import BLOCK, Progress
from chronik_perf.model import Effect, Verdict
from chronik_perf.stats import words


class Display:
    """Redraws three lines on a terminal; elsewhere (a CI log) prints one line whenever something began."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._begun = time.monotonic()
        self._estimate = ""
        self._progress: Progress | None = None

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
        if self._console.is_terminal:
            self._draw()
        else:
            print(self._line(progress), file=sys.stderr, flush=True)

    def estimate(self, verdict: Verdict) -> None:
        """Show the estimate so far. It decides nothing: the verdict comes once, at the planned end."""
        parts = [
            f"{row.metric} {row.workload} {_so_far(row.effect)}"
            for row in verdict.rows
            if row.role == "gate" and row.effect is not None
        ]
        self._estimate = "so far: " + "; ".join(parts) if parts else ""
        if self._console.is_terminal:
            self._draw()
        elif parts:
            print(f"  {self._estimate}", file=sys.stderr, flush=True)

    def _draw(self) -> None:
        if self._progress is None:
            return
        self._live.update(Text(f"{self._line(self._progress)}\n{self._estimate}"), refresh=True)

    def _line(self, progress: Progress) -> str:
        where = f"block {progress.finished + 1} of {progress.blocks}"
        what = where if progress.phase == BLOCK else f"{where}, {progress.phase}"
        return f"{what}; {self._left(progress)}"

    def _left(self, progress: Progress) -> str:
        elapsed_s = time.monotonic() - self._begun
        if progress.finished == 0:
            return "time left is known after the first block"
        left_s = elapsed_s * (progress.blocks - progress.finished) / progress.finished
        return f"{elapsed_s:.0f} s gone, about {left_s:.0f} s left"


def _so_far(effect: Effect) -> str:
    # From two or three blocks the interval is so wide that it says less than the estimate alone.
    return (
        words.signed_change(effect, "") if effect.blocks >= 4 else words.percent(effect.estimate, signed=True)
    )
