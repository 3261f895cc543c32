"""Folds what `perf script` prints: samples with their frames, innermost first, become "thread;outer;inner"."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from chronik_perf.model import Measured, Unavailable

UNSEEN_KERNEL = "kernel, which this user may not sample"
"""Stands as a stack of its own for CPU that the kernel used for the process where perf may see user code only."""

# COMM TID EVENT: with a comm that may hold spaces and digits, and modifiers as in cpu-clock:u:
_HEAD = re.compile(r"\s*(?P<comm>\S.*?)\s+(?P<tid>\d+)\s+(?P<event>\S+):\s*")
# ADDRESS NAME (MODULE), where either may hold spaces and parentheses.
_FRAME = re.compile(r"\s+(?P<address>[0-9a-f]+) (?P<rest>.*\))\s*")
# The kernel has the upper half of 64 bits, and perf gives user addresses within their module.
_KERNEL = re.compile(r"ffff[0-9a-f]{12}")
# Names that a just-in-time compiler has written down for perf; the number is the process's.
_PERF_MAP = re.compile(r"perf-\d+\.map")
# Rust's legacy mangling ends each name with a hash that is another one in each build.
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")


@dataclass(frozen=True, slots=True)
class Folded:
    """Samples by "thread;outer;inner"; `user_only` where what the kernel did was left out."""

    stacks: dict[str, int]
    user_only: bool


def fold(text: str) -> Folded:
    """Fold the output of `perf script --fields comm,tid,event,ip,sym,dso`; lines that are none of it are left out.

    A frame is `function (module)`, the module without its folder. A function that perf cannot name is `[unknown]`, and
    one of the kernel has the module `[kernel]`. Threads go by name, as those of one name do the same work. A sample
    without frames counts for its thread alone.
    """
    stacks: Counter[str] = Counter()
    user_only = False
    thread, frames = "", list[str]()

    def end() -> None:
        nonlocal thread
        if thread:
            stacks[";".join([thread, *reversed(frames)])] += 1
        thread = ""
        frames.clear()

    for line in text.splitlines():
        if thread and (frame := _FRAME.fullmatch(line)):
            frames.append(_frame(frame["address"], frame["rest"]))
        elif head := _HEAD.fullmatch(line):
            end()
            thread = _plain(head["comm"])
            user_only = user_only or "u" in head["event"].partition(":")[2]
        elif not line.strip():
            end()
    end()
    return Folded(dict(stacks), user_only)


def with_unseen_kernel(stacks: dict[str, int], cpu_s: Measured, rate_hz: int) -> dict[str, int]:
    """Add what the scheduler counted as CPU and no sample of user code accounts for.

    Without it, user code would be made to stand for the kernel's share as well when samples are scaled to `cpu_s`.
    """
    if isinstance(cpu_s, Unavailable):
        return stacks
    unseen = round(cpu_s * rate_hz) - sum(stacks.values())
    return {**stacks, UNSEEN_KERNEL: unseen} if unseen > 0 else stacks


def _frame(address: str, rest: str) -> str:
    # A module is the last thing in parentheses; one that was replaced on disk while it ran has " (deleted)" in it.
    name, _, path = rest.removesuffix(")").removesuffix(" (deleted)").rpartition(" (")
    module = _PERF_MAP.sub("perf map", path.rpartition("/")[2])
    if _KERNEL.fullmatch(address):
        module = "[kernel]"
    name = _RUST_HASH.sub("", name.strip()) or "[unknown]"
    return f"{_plain(name)} ({_plain(module)})"


def _plain(name: str) -> str:
    # A semicolon would divide the frame in two.
    return name.replace(";", ":")
