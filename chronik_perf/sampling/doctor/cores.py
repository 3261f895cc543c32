"""Cores: whether broker and load can have one each, and whether somebody limits them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from chronik_perf.sampling.doctor.check import Advice, Check, Gain, unavailable
from chronik_perf.sampling.machine import choose_cores, siblings

_CGROUP = Path("/sys/fs/cgroup")


def pinning() -> Check:
    """Pin a thread to a core and see whether it stays, and how many cores there are."""
    if not hasattr(os, "sched_getaffinity"):
        return unavailable("pinning", "this system does not pin processes to cores", "cores")
    allowed = sorted(os.sched_getaffinity(0))
    measured = {"cores": float(len(allowed))}
    if len(allowed) < 2:
        advice = Advice("take a machine with two cores or more", Gain.ANOTHER_QUESTION)
        said = "there is one core: broker and load share it, so neither can be called fast or slow"
        return Check("pinning", "warning", said, {**measured}, (advice,))
    if refused := _try_pinning(allowed[-1]):
        advice = Advice("allow sched_setaffinity (a container's seccomp profile forbids it)", Gain.MUCH_NOISE)
        return Check("pinning", "warning", f"a thread cannot be pinned: {refused}", {**measured}, (advice,))
    if len(allowed) == 2:
        advice = Advice(
            "take a third core: with two, the system and the toolkit work on the load's core", Gain.SOME_NOISE
        )
        said = "two cores, and pinning works: one for the broker, one for the load and all else"
        return Check("pinning", "ok", said, {**measured}, (advice,))
    return Check("pinning", "ok", f"{len(allowed)} cores, and pinning works", {**measured})


def smt() -> Check:
    """Say whether broker and load would run on two hardware threads of one physical core."""
    broker, load, warned = choose_cores()
    if broker is None or load is None:
        return unavailable("SMT siblings", warned or "no two cores can be chosen")
    if not Path(f"/sys/devices/system/cpu/cpu{broker}/topology/thread_siblings_list").is_file():
        return unavailable("SMT siblings", "this system does not tell which hardware threads share a core")
    if load in siblings(broker):
        advice = Advice("take a machine with two physical cores, or switch SMT off", Gain.MUCH_NOISE)
        said = f"cores {broker} and {load} are threads of one physical core and slow each other down"
        return Check("SMT siblings", "warning", said, {}, (advice,))
    idle = sorted((siblings(broker) | siblings(load)) - {broker, load})
    said = f"broker (core {broker}) and load (core {load}) do not share a physical core"
    if idle:
        said += f"; leave their siblings {', '.join(map(str, idle))} idle"
    elif _hypervised():
        # A hypervisor may show threads of one core as two cores.
        said += ", as far as the hypervisor tells"
    return Check("SMT siblings", "ok", said)


def quota() -> Check:
    """Look for a limit on CPU time that the control group sets, or one above it."""
    folder = _cgroup_folder()
    chain = [f for f in (folder, *folder.parents) if f == _CGROUP or f.is_relative_to(_CGROUP)]
    limits: list[float] = []
    told = False
    for group in chain:
        try:
            most, period = (group / "cpu.max").read_text().split()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            return unavailable("CPU quota", f"cannot read the control group's limit: {error}", "quota_cores")
        told = True
        if most != "max":
            limits.append(int(most) / int(period))
    if limits:
        return _limited(min(limits))
    return Check("CPU quota", "ok", "the control group sets no limit") if told else _quota_v1()


def _quota_v1() -> Check:
    try:
        limit = int((_CGROUP / "cpu" / "cpu.cfs_quota_us").read_text())
        period = int((_CGROUP / "cpu" / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        # The root of the hierarchy has no such file and no limit, and is told by that.
        if _cgroup_folder() == _CGROUP and (_CGROUP / "cgroup.controllers").is_file():
            return Check("CPU quota", "ok", "the process is in the root control group, which has no limit")
        return unavailable("CPU quota", "this system does not show a control group's limit", "quota_cores")
    return (
        Check("CPU quota", "ok", "the control group sets no limit") if limit < 0 else _limited(limit / period)
    )


def _limited(cores: float) -> Check:
    advice = Advice(
        "take the CPU limit away (a container's --cpus): who has used it up stands still until the next period",
        Gain.MUCH_NOISE,
    )
    said = f"the control group limits CPU to {cores:g} cores by stopping who has used them up"
    return Check("CPU quota", "warning", said, {"quota_cores": cores}, (advice,))


def _cgroup_folder() -> Path:
    try:
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::"):
                folder = _CGROUP / line[3:].strip().lstrip("/")
                return folder if folder.is_dir() else _CGROUP
    except OSError:
        pass
    return _CGROUP


def _try_pinning(core: int) -> str:
    """Give why a thread could not be pinned; empty where it could. A thread of its own, so nothing else moves."""
    said: list[str] = []

    def run() -> None:
        try:
            os.sched_setaffinity(0, {core})
            if os.sched_getaffinity(0) != {core}:
                said.append("the system took it and did not keep it")
        except OSError as error:
            said.append(error.strerror or str(error))

    thread = threading.Thread(target=run, name="pinning")
    thread.start()
    thread.join()
    return said[0] if said else ""


def _hypervised() -> bool:
    try:
        return " hypervisor" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
