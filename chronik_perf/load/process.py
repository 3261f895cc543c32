"""A load generator in a process of its own, as its parent sees it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import tempfile
import time
from collections.abc import Mapping
from typing import IO, Any

from chronik_perf.load.driver import GRACE_S
from chronik_perf.load.drivers import check_workload
from chronik_perf.load.messages import line, window_from, workload_to
from chronik_perf.load.nursery import Fork, last_words, nursery
from chronik_perf.model import LoadWindow, MeasurementFailed, Workload

START_TIMEOUT_S = 40.0
# Beyond the window: offsets before and after, the last acknowledgements, catching up; each is bounded itself.
_ANSWER_MARGIN_S = 4 * GRACE_S
_STOP_GRACE_S = 2.0


class LoadProcess:
    """One load process, connected to one topic of one broker. Make it with `start`, or in two steps.

    The process dies with the thread that started the first one (`nursery`), so start it from the main thread.
    Every wait is bounded; after MeasurementFailed the process has been killed or can still be stopped.
    """

    def __init__(
        self,
        process: Fork,
        requests: int,
        answers: int,
        stderr: IO[bytes],
        workload: Workload,
        client_config: Mapping[str, str] | None,
    ) -> None:
        self._process = process
        self._requests: int | None = requests
        self._answers: int | None = answers
        self._stderr = stderr
        self._workload = workload
        self._client_config = client_config
        self._buffer = b""
        self._running_s: float | None = None

    @classmethod
    def start(
        cls,
        workload: Workload,
        bootstrap: str,
        topic: str,
        core: int | None,
        client_config: Mapping[str, str] | None = None,
    ) -> LoadProcess:
        """Start a load process and connect it: `spawn`, then `connect`, with what either raises."""
        load = cls.spawn(workload, core, client_config)
        load.connect(bootstrap, topic)
        return load

    @classmethod
    def spawn(
        cls, workload: Workload, core: int | None, client_config: Mapping[str, str] | None = None
    ) -> LoadProcess:
        """Start a process pinned to `core` (None: not pinned), which is still to be connected.

        Raises BadInput for a workload that no driver can give, MeasurementFailed if there is no process.
        """
        check_workload(workload, client_config)
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        to_read, requests = os.pipe()
        answers, to_write = os.pipe()
        try:
            process = nursery().fork(core, (to_read, to_write, stderr.fileno()))
        except BaseException:
            os.close(requests)
            os.close(answers)
            stderr.close()
            raise
        finally:
            os.close(to_read)
            os.close(to_write)
        return cls(process, requests, answers, stderr, workload, client_config)

    def connect(self, bootstrap: str, topic: str) -> None:
        """Connect to one topic of one broker and make ready: `begin_connecting`, then `finish_connecting`."""
        self.begin_connecting(bootstrap, topic)
        self.finish_connecting()

    def begin_connecting(self, bootstrap: str, topic: str) -> None:
        """Begin to connect to one topic of one broker, and come back at once."""
        config = None if self._client_config is None else dict(self._client_config)
        try:
            self._send(
                {
                    "do": "start",
                    "workload": workload_to(self._workload),
                    "bootstrap": bootstrap,
                    "topic": topic,
                    "client_config": config,
                }
            )
        except BaseException:
            self.kill()
            raise

    def finish_connecting(self) -> None:
        """Wait until it is ready: one message has gone through, so that no window pays for connecting.

        Raises MeasurementFailed, the process ended, if nobody listened at the address within bounded time or the topic
        is unknown there.
        """
        try:
            self._answer(START_TIMEOUT_S)
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Process id of the load process."""
        return self._process.pid

    def run(self, duration_s: float, max_bytes: int) -> LoadWindow:
        """Give one window of load: nothing in flight at its begin and end, offsets read before and after.

        Sends for `duration_s` or `max_bytes` of message values, whichever ends first. Raises
        MeasurementFailed if the broker dies, does not answer in bounded time, or the load process ends.
        """
        self.begin(duration_s, max_bytes)
        return self.finish()

    def open_window(self) -> None:
        """Begin a window of bursts: read the offsets. Each `burst` gives load; `close_window` ends it.

        All three raise as `run` does.
        """
        self._ask({"do": "open"}, _ANSWER_MARGIN_S)

    def burst(self, duration_s: float, max_bytes: int) -> None:
        """Give one burst of load and come back when all of it is answered."""
        burst = {"do": "burst", "duration_s": duration_s, "max_bytes": max_bytes}
        self._ask(burst, duration_s + _ANSWER_MARGIN_S)

    def close_window(self) -> LoadWindow:
        """Read the offsets and give all bursts since `open_window` as one window."""
        return window_from(self._ask({"do": "close"}, _ANSWER_MARGIN_S))

    def begin(self, duration_s: float, max_bytes: int) -> None:
        """Begin a window and come back at once; `finish` awaits it."""
        if self._running_s is not None:
            raise RuntimeError("a window is already running")
        self._send({"do": "run", "duration_s": duration_s, "max_bytes": max_bytes})
        self._running_s = duration_s

    def finish(self) -> LoadWindow:
        """Await the window that `begin` began; see `run`."""
        if self._running_s is None:
            raise RuntimeError("no window is running")
        duration_s, self._running_s = self._running_s, None
        return window_from(self._answer(duration_s + _ANSWER_MARGIN_S))

    def stop(self) -> None:
        """Ask the process to end and await it; kill it where it does not end within the grace period."""
        if not self._process.wait(0):
            with contextlib.suppress(MeasurementFailed, OSError):
                self._send({"do": "stop"})
            self._process.wait(_STOP_GRACE_S)
        self.kill()

    def kill(self) -> None:
        """End the process at once and await it. Harmless where it has ended already."""
        self._process.kill()
        for fd in (self._requests, self._answers):
            if fd is not None:
                os.close(fd)
        self._requests = self._answers = None
        self._stderr.close()

    def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        self._send(message)
        return self._answer(timeout_s)

    def _send(self, message: dict[str, Any]) -> None:
        if self._requests is None:
            raise self._ended()
        data = line(message)
        try:
            while data:
                data = data[os.write(self._requests, data) :]
        except OSError as error:
            raise self._ended() from error

    def _answer(self, timeout_s: float) -> dict[str, Any]:
        out = self._answers
        if out is None:
            raise self._ended()
        poll = select.poll()
        poll.register(out, select.POLLIN)
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1e3):
                self.kill()
                raise MeasurementFailed(
                    f"the load process of workload {self._workload.name} gave no answer within "
                    f"{timeout_s:g} s and was killed"
                )
            part = os.read(out, 1 << 16)
            if not part:
                raise self._ended()
            self._buffer += part
        first, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(first)
        if "failed" in answer:
            raise MeasurementFailed(answer["failed"])
        ok: dict[str, Any] = answer["ok"]
        return ok

    def _ended(self) -> MeasurementFailed:
        self._process.wait(_STOP_GRACE_S)
        how = f"{self._process.ending}{last_words(self._stderr)}"
        return MeasurementFailed(
            f"the load process of workload {self._workload.name} ended by itself ({how})"
        )
