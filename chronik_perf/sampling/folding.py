"""Folds py-spy's raw output: threads by name, for a CPU profile by the CPU that each used; functions as written."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNSAMPLED = "threads without samples"
"""Stands as a stack of its own for CPU of threads in which no sample fell, such as those that run no Python."""

# Python makes a function of what is written as a part of one; before 3.11 it does not tell of which.
_PART = re.compile(r"(?:(.+)\.<locals>\.)?<(?:genexpr|listcomp|setcomp|dictcomp)>( \(.*\))")
_THREAD = re.compile(r"thread \((\w+)\)(?:: )?(.*)")


@dataclass(slots=True)
class ThreadSamples:
    """One thread's samples by "name;outer;inner"; `tid` is None where py-spy did not know it."""

    tid: int | None
    name: str
    stacks: Counter[str] = field(default_factory=Counter)


def read_raw(raw: str) -> list[ThreadSamples]:
    """Read lines of "thread (ID): name;outer;inner COUNT". Raises ValueError if they are something else."""
    threads: dict[str, ThreadSamples] = {}
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        label, *frames = stack.split(";")
        found = _THREAD.fullmatch(label)
        if found is None:
            raise ValueError(f"not a stack as py-spy folds it: {line[:80]!r}")
        identity, name = found.groups()
        tid = int(identity) if identity.isdecimal() else None
        one = threads.setdefault(identity, ThreadSamples(tid, name or "unnamed thread"))
        one.stacks[";".join([name or "unnamed thread", *as_written(frames)])] += int(count)
    return list(threads.values())


def as_written(frames: Sequence[str]) -> list[str]:
    """Count comprehensions and generator expressions as the function that they are written in, outermost first."""
    whole: list[str] = []
    for frame in frames:
        part = _PART.fullmatch(frame)
        if part is None:
            whole.append(frame)
            continue
        function, where = part.groups()
        around = function + where if function else whole[-1] if whole and whole[-1].endswith(where) else frame
        if whole[-1:] != [around]:
            whole.append(around)
    return whole


def merged(threads: list[ThreadSamples]) -> dict[str, int]:
    """Add up all threads, those of one name together: their ids differ between runs."""
    return dict(sum((one.stacks for one in threads), Counter()))


def weighted_by_cpu(threads: list[ThreadSamples], cpu_s: Mapping[int, float]) -> dict[str, int]:
    """Add up all threads so that each counts in proportion to its CPU seconds (by thread id).

    py-spy calls a thread busy that the scheduler calls runnable, and in blocking mode every sample wakes all
    threads: beside a busy one, sleepers wait for the core and are sampled as busy, three times out of five in
    a trial. So the samples tell how a thread's time is spread over its stacks, and the scheduler how much
    time that is. The thread with the most CPU keeps its counts, the others are scaled to it.
    """
    sampled = [one for one in threads if one.tid in cpu_s and one.stacks]
    leader = max(sampled, key=lambda one: cpu_s[one.tid or 0], default=None)
    if leader is None or cpu_s[leader.tid or 0] == 0:
        return merged(threads)
    samples_per_s = leader.stacks.total() / cpu_s[leader.tid or 0]
    parts: dict[str, float] = defaultdict(float)
    for one in threads:
        scale = 1.0 if one.tid not in cpu_s else samples_per_s * cpu_s[one.tid or 0] / one.stacks.total()
        for stack, count in one.stacks.items():
            parts[stack] += count * scale
    known = {one.tid for one in threads}
    parts[UNSAMPLED] = samples_per_s * sum(used for tid, used in cpu_s.items() if tid not in known)
    return _whole(parts)


def _whole(parts: Mapping[str, float]) -> dict[str, int]:
    """Round to whole samples with the sum kept: what is left over goes to the largest remainders."""
    whole = {stack: int(part) for stack, part in parts.items()}
    left = round(sum(parts.values())) - sum(whole.values())
    for stack in sorted(parts, key=lambda s: (whole[s] - parts[s], s))[:left]:
        whole[stack] += 1
    return {stack: count for stack, count in whole.items() if count}
