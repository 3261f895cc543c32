"""The machine, as far as it can change a number: cores, disk, kernel, who else is busy."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from chronik_perf.model import Environment

_BUSY_SHARE = 0.2
_BUSY_WINDOW_S = 0.1


@dataclass(frozen=True, slots=True)
class Mount:
    """The file system under a path."""

    device: str
    point: str
    filesystem: str
    options: str


def choose_cores() -> tuple[int | None, int | None, str | None]:
    """Give the broker's core, the load's core, and a warning where they cannot be two physical ones.

    Only cores that this process may use are chosen. The last two, because interrupts and other programs
    gather on the first; both None where there is one core alone or pinning is impossible.
    """
    try:
        allowed = sorted(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return None, None, "this system does not pin processes to cores, so broker and load may share one"
    if len(allowed) == 1:
        return (
            None,
            None,
            "there is one core: broker and load share it, so neither can be called fast or slow",
        )
    by_physical: dict[frozenset[int], int] = {}
    for core in allowed:
        by_physical.setdefault(siblings(core), core)
    distinct = sorted(by_physical.values())
    if len(distinct) == 1:
        return (
            allowed[-1],
            allowed[-2],
            "broker and load run on two hardware threads of one physical core and slow each other down",
        )
    return distinct[-1], distinct[-2], None


def mount_of(path: Path) -> Mount:
    """Give the mount that a path lies on; names are "unknown" where the system does not tell."""
    path = path.resolve(strict=True)
    found = Mount("unknown", "/", "unknown", "")
    for line in _text("/proc/self/mountinfo").splitlines():
        left, _, right = line.partition(" - ")
        fields, (filesystem, device, super_options) = left.split(), right.split(maxsplit=2)
        point = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        # The deepest mount above the path, and of two on the same point the later one. Device numbers would
        # not do: on btrfs and overlays they are not those of the table.
        if path.is_relative_to(point) and len(point) >= len(found.point):
            options = ",".join(dict.fromkeys([*fields[5].split(","), *super_options.split(",")]))
            found = Mount(device, point, filesystem, options)
    return found


def fingerprint(cpu_model: str, cores: int, memory_bytes: int, filesystem: str, kernel: str) -> str:
    """Name a class of machines: equal for two on which results may be compared.

    Memory counts in GiB and of the kernel's version only the first two numbers.
    """
    series = ".".join(kernel.split(".")[:2])
    facts = (cpu_model, str(cores), str(round(memory_bytes / 2**30)), filesystem, series)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def environment(
    path: Path,
    *,
    broker_core: int | None,
    load_core: int | None,
    clients: dict[str, str],
    warnings: str | None = None,
) -> Environment:
    """Record the machine and the disk under `path`, and warn of what spoils measurements; takes 0.1 s.

    `warnings` is one that the choice of cores gave.
    """
    mount = mount_of(path)
    cpu_model, cores, memory = _cpu_model(), os.cpu_count() or 1, psutil.virtual_memory()
    kernel = platform.release()
    governor = _text(f"/sys/devices/system/cpu/cpu{broker_core or 0}/cpufreq/scaling_governor").strip()
    ptrace_scope = _text("/proc/sys/kernel/yama/ptrace_scope").strip()
    busy = busy_processes()
    load_1m = os.getloadavg()[0]
    free_bytes = shutil.disk_usage(path).free
    told = [warnings] if warnings else []
    if busy:
        told.append(f"other programs are busy: {', '.join(busy)}")
    if governor and governor != "performance":
        told.append(f"the frequency governor is {governor}, so the clock of the cores varies")
    if psutil.swap_memory().used > 0 and memory.available < memory.total * 0.1:
        told.append("memory is short and swap is in use")
    facts = {
        "machine": platform.machine(),
        "system": _os_name(),
        "memory": f"{memory.total / 2**30:.1f} GiB, {memory.available / 2**30:.1f} GiB available",
        "virtual machine": _virtualised(),
        "disk": f"{mount.device} at {mount.point}, {free_bytes / 1e9:.1f} GB free",
        "cores this process may use": _cores_text(),
        "broker's core": "not pinned" if broker_core is None else str(broker_core),
        "load's core": "not pinned" if load_core is None else str(load_core),
        "frequency governor": governor or "not told by this machine",
        "load average over 1 min": f"{load_1m:.2f}",
        "ptrace scope": ptrace_scope or "none (no Yama)",
    }
    return Environment(
        fingerprint=fingerprint(cpu_model, cores, memory.total, mount.filesystem, kernel),
        cpu_model=cpu_model,
        cores=cores,
        broker_core=broker_core,
        load_core=load_core,
        kernel=f"{platform.system()} {kernel}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        filesystem=mount.filesystem,
        mount_options=mount.options,
        clients=dict(clients),
        facts=facts,
        warnings=tuple(told),
    )


def busy_processes(window_s: float = _BUSY_WINDOW_S) -> Sequence[str]:
    """Give the programs, other than this one and its family, that use over a fifth of a core now."""
    own = {os.getpid(), *(p.pid for p in psutil.Process().children(recursive=True))}
    before = _cpu_times()
    begun = time.monotonic()
    time.sleep(window_s)
    after = _cpu_times()
    elapsed_s = time.monotonic() - begun
    shares = [
        ((after[key] - before[key]) / elapsed_s, key) for key in after if key in before and key[0] not in own
    ]
    return [
        f"{name} (process {pid}, {share:.0%} of a core)"
        for share, (pid, name) in sorted(shares, reverse=True)[:5]
        if share > _BUSY_SHARE
    ]


def _cpu_times() -> dict[tuple[int, str], float]:
    times = {}
    for process in psutil.process_iter():
        try:
            spent = process.cpu_times()
            times[process.pid, process.name()] = spent.user + spent.system
        except psutil.Error:
            continue
    return times


def siblings(core: int) -> frozenset[int]:
    """Give the hardware threads of a core's physical core, itself among them."""
    listed = _text(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list").strip()
    found = {core}
    for part in filter(None, listed.split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _cpu_model() -> str:
    for line in _text("/proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return platform.processor() or platform.machine()


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def _virtualised() -> str:
    flags = next((x for x in _text("/proc/cpuinfo").splitlines() if x.startswith("flags")), "")
    return "yes" if " hypervisor" in flags else "not seen"


def _cores_text() -> str:
    return ", ".join(map(str, sorted(os.sched_getaffinity(0)))) if hasattr(os, "sched_getaffinity") else "all"


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
