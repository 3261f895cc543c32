"""The parent of a broker or a build, between it and the toolkit: when the toolkit is gone, nothing of it remains.

Run as a plain file (`python -I -S leash.py REPORT_FD TOOLKIT_PID CORE CMD...`), so it imports the standard
library alone. A process of its own is needed because no setting on the command itself is enough:
PR_SET_PDEATHSIG fires when the *thread* that forked ends, is not inherited by grandchildren (the broker behind
a shell script), and setting it in a `preexec_fn` is unsafe in a program with threads. As a child subreaper
(prctl(2)) this process inherits every orphan below it, even one that made itself a session of its own, and so
can end them all.

It writes lines to REPORT_FD: `pid N`, then `exit STATUS` (negative for a signal) or `failed WHY`.
SIGTERM asks it to kill all that is below it; it exits when nothing is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_PTRACER = 0x59616D61
HEARD = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}

_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4


def main() -> None:
    report_fd, toolkit, core = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    command = sys.argv[4:]
    os.set_inheritable(report_fd, False)
    signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # A signal of its own rather than SIGKILL: it also comes when only the forking thread has ended.
    _prctl(PR_SET_PDEATHSIG, signal.SIGUSR1, 0, 0, 0)
    if os.getppid() != toolkit:
        sys.exit(0)
    leash = os.getpid()
    child = os.fork()
    if child == 0:
        _become(command, core, report_fd, toolkit, leash)
    _report(report_fd, f"pid {child}")
    while True:
        heard = signal.sigwait(HEARD)
        if heard == signal.SIGUSR1 and os.getppid() == toolkit:
            continue
        if heard == signal.SIGCHLD and not _reap(child, report_fd):
            continue
        break
    _kill_all(child, report_fd)


def _become(command: list[str], core: str, report_fd: int, toolkit: int, leash: int) -> NoReturn:
    """Turn the forked child into the command: pinned, killed if the leash is, its signals as usual."""
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != leash:
            os._exit(0)
        # Under Yama's scope 1 a profiler may attach to its own descendants only, unless the target names
        # another: the toolkit, and with it what the toolkit starts. Fails harmlessly where there is no Yama.
        _prctl(PR_SET_PTRACER, toolkit, 0, 0, 0)
        if core != "-":
            os.sched_setaffinity(0, {int(core)})
        for usual in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(usual, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
        os.execvp(command[0], command)
    except OSError as error:
        _report(report_fd, f"failed {error.strerror}")
    os._exit(127)


def _reap(child: int, report_fd: int) -> bool:
    """Collect what has ended; tell whether the child itself has."""
    ended = False
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            return ended
        if pid == child:
            _report(report_fd, f"exit {os.waitstatus_to_exitcode(status)}")
            ended = True


def _kill_all(child: int, report_fd: int) -> None:
    """Kill every child until there is none: the children of a killed one become this process's own."""
    while True:
        for pid in _children():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        if pid == child:
            _report(report_fd, f"exit {os.waitstatus_to_exitcode(status)}")


def _children() -> list[int]:
    own = os.getpid()
    try:
        with open(f"/proc/{own}/task/{own}/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/stat") as file:
                        if int(file.read().rpartition(")")[2].split()[1]) == own:
                            found.append(int(name))
                except OSError:
                    continue
        return found


def _report(fd: int, line: str) -> None:
    with contextlib.suppress(OSError):  # the toolkit, who would read it, may be gone
        os.write(fd, f"{line}\n".encode())


main()
