"""Load processes and what they are forked from: `python -m chronik_perf.load.worker TOOLKIT_PID SOCKET`.

A load process reads one request a line of JSON on stdin and answers each by one line on stdout: {"ok": ...} or
{"failed": text}. What they are forked from (`nursery`) is asked on a socket.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

from chronik_perf.load.catching_up import CountedLog
from chronik_perf.load.driver import GRACE_S
from chronik_perf.load.drivers import load_drivers, make_driver
from chronik_perf.load.measure import OpenWindow, measure
from chronik_perf.load.messages import line, window_to, workload_from
from chronik_perf.load.topics import open_offsets
from chronik_perf.model import MeasurementFailed, PerfError
from chronik_perf.network import enter

_PR_SET_TIMERSLACK, _PR_SET_PDEATHSIG = 29, 1
_FIRST_TRIES, _FIRST_S = 20, 1.0
_STANDARD = 3  # input, output, error
_MOST_FDS = 6  # and what tells the end, the folder, and a network


def main(arguments: list[str]) -> None:
    """Fork a load process whenever asked to, and tell how one ended, until the toolkit is gone."""
    toolkit, requests = int(arguments[0]), socket.socket(fileno=int(arguments[1]))
    _die_with(toolkit)
    load_drivers()
    gc.freeze()  # what is shared with forks is not written to by collections
    while True:
        data, fds, _, _ = socket.recv_fds(requests, 1 << 12, _MOST_FDS)
        if not data:
            return
        request: dict[str, int] = json.loads(data)
        if "bury" in request:
            _, status = os.waitpid(request["bury"], 0)
            requests.send(line({"code": os.waitstatus_to_exitcode(status)}))
            continue
        nursery = os.getpid()
        pid = os.fork()
        if pid == 0:
            requests.close()
            _load_process(nursery, request["fork"], fds)
        for fd in fds:
            os.close(fd)
        requests.send(line({"pid": pid}))


def _load_process(parent: int, core: int, fds: list[int]) -> NoReturn:
    """Serve requests until told to stop or until stdin ends."""
    code = 0
    try:
        _die_with(parent)
        standard, (_life, folder, *network) = fds[:_STANDARD], fds[_STANDARD:]
        for number, fd in enumerate(standard):
            os.dup2(fd, number)
        os.fchdir(folder)
        for fd in network:
            enter(fd)
        # The one that is left open tells the toolkit when this process has ended.
        for fd in (*standard, folder, *network):
            os.close(fd)
        if core >= 0:
            os.sched_setaffinity(0, {core})
        _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
        # The answers have stdout for themselves, whatever a library prints.
        answers = os.dup(1)
        os.dup2(2, 1)
        with contextlib.suppress(BrokenPipeError):  # nobody is left to be told
            _serve(answers)
    except BaseException:
        traceback.print_exc()
        code = 1
    # Connections, threads and memory go with the process; tidying them up could only take time.
    sys.stderr.flush()
    os._exit(code)


def _serve(answers: int) -> None:
    worker: _Worker | None = None
    for raw in sys.stdin.buffer:
        request = json.loads(raw)
        if request["do"] == "stop":
            return
        try:
            answer: dict[str, Any] = {"ok": {}}
            if request["do"] == "start":
                worker = _Worker(request)
            else:
                assert worker is not None
                answer["ok"] = worker.do(**request) or {}
        except PerfError as error:
            answer = {"failed": str(error)}
        _write(answers, line(answer))
        if request["do"] not in ("open", "burst"):
            gc.collect()


class _Worker:
    def __init__(self, request: dict[str, Any]) -> None:
        self._workload = workload_from(request["workload"])
        config: Mapping[str, str] | None = request["client_config"]
        bootstrap, topic = request["bootstrap"], request["topic"]
        self._bootstrap = bootstrap
        self._log = CountedLog(open_offsets(bootstrap, topic, config))
        self._driver = make_driver(self._workload, bootstrap, topic, config)
        self._first_message()
        # A collection in the middle of a window would be a pause of the generator's own making; windows
        # make no reference cycles, and what they leave is collected between them.
        gc.freeze()
        gc.disable()

    def _first_message(self) -> None:
        # A client fetches metadata and connects to the leader with its first message, which takes up to
        # 100 ms that belong to no window; and what the broker refuses is better known now. One that refuses some
        # messages is measured, and shall not fail a run by refusing the first of some start.
        give_up = time.monotonic() + _FIRST_S
        for _ in range(_FIRST_TRIES):
            first = measure(
                self._driver, self._log, self._workload, GRACE_S, self._workload.message_size_bytes
            )
            if not first.failed or time.monotonic() > give_up:
                break
        if first.failed or first.stored < first.sent:
            why = "; ".join(first.errors) or "it was acknowledged, and the log does not hold it"
            raise MeasurementFailed(f"the broker at {self._bootstrap} did not take a first message: {why}")

    def do(self, do: str, duration_s: float = 0.0, max_bytes: int = 0) -> dict[str, Any] | None:
        if do == "run":
            return window_to(measure(self._driver, self._log, self._workload, duration_s, max_bytes))
        if do == "open":
            self._window = OpenWindow(self._driver, self._log, self._workload)
        elif do == "burst":
            self._window.burst(duration_s, max_bytes)
        else:
            return window_to(self._window.close())
        return None


def _die_with(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_TIMERSLACK, 1)  # the default lets a schedule slip by 50 µs
    if os.getppid() != parent:
        os._exit(0)  # the parent died before the kernel was asked
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


if __name__ == "__main__":
    main(sys.argv[1:])
