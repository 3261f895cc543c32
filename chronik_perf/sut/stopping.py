"""How a broker that was started ends: asked first, and killed where it does not."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from chronik_perf.leash import Child, StopOutcome
from chronik_perf.model import Target
from chronik_perf.sut.log_tail import quoted


class Stopping:
    """The end of one broker; what it was is known once, and told again to whoever asks later."""

    def __init__(self, child: Child, target: Target, log_path: Path) -> None:
        self._child = child
        self._log_path = log_path
        self._signal = signal.Signals[f"SIG{target.stop_signal}"]
        self._asked_s: float | None = None
        self._outcome: StopOutcome | None = None

    @property
    def done(self) -> bool:
        """Whether it has ended, and that was waited for."""
        return self._outcome is not None

    def ask(self, pids: Iterable[int]) -> None:
        """Send processes the target's signal. Harmless where that was done, or all has ended."""
        if self._asked_s is not None or self._child.ended():
            return
        self._asked_s = time.monotonic()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self._signal)

    def wait(self, patience_s: float) -> StopOutcome:
        """Wait until it has stopped, kill what has not within `patience_s` of being asked, and wait for all of it."""
        if self._outcome is not None:
            return self._outcome
        begun_s, killed = self._asked_s, False
        if begun_s is None:
            begun_s, note = time.monotonic(), f"{self._child.ending()} before it was asked to stop"
        else:
            killed = not self._child.wait(max(0.0, begun_s + patience_s - time.monotonic()))
            note = (
                f"did not stop within {patience_s:g} s of {self._signal.name} and was killed"
                if killed
                else ""
            )
            if not killed and self._child.exit_code not in (0, -self._signal, 128 + self._signal):
                note = f"{self._child.ending()} when it was asked to stop{quoted(self._log_path)}"
        return self._end(begun_s, killed, note)

    def kill(self) -> StopOutcome:
        """End everything at once, without asking, and wait until nothing is left."""
        return self._outcome or self._end(time.monotonic(), True, "")

    def _end(self, begun_s: float, killed: bool, note: str) -> StopOutcome:
        self._child.kill()
        self._outcome = StopOutcome(self._child.exit_code, killed, time.monotonic() - begun_s, note)
        return self._outcome
