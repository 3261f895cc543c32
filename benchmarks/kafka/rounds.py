"""One round of either benchmark on a Kafka that runs, and what several rounds say of the two together."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from scipy import stats

from chronik_perf.load.topics import create_topic, delete_topic, log_end_offsets
from chronik_perf.model import MeasurementFailed, Unavailable
from chronik_perf.sampling.cpu import CpuClock

MESSAGE_BYTES = 256
# What the Java client sets aside for a batch of one such message: 61 of the batch, 21 of the record, the value.
RESERVED_BYTES = MESSAGE_BYTES + 61 + 21
WARM_UP_S = 3.0
CONFIDENCE = 0.95
_TIMEOUT_S = 120.0
_STEADY = re.compile(r"^(\d+) steady state records sent, ([\d.]+) records/sec", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Load:
    """What both are asked for: the broker and its CPU clock, messages in flight, seconds, the core they run on."""

    bootstrap: str
    broker_cpu: CpuClock
    in_flight: int
    seconds: float
    core: int | None
    folder: Path


@dataclass(frozen=True, slots=True)
class Round:
    """What one run of one of them gave.

    `busy` is the share of its core that the client used, 0 to 1. `broker_us` is the broker's CPU per message, by its
    own clock and the topic's end offset, warm-up and all: a second route to whether both ask the same of it.
    """

    msgs_per_s: float
    busy: float
    broker_us: float

    def __str__(self) -> str:
        return f"{self.msgs_per_s:,.0f} msg/s, {self.broker_us:.0f} µs (client {self.busy:.0%} of its core)"


def tools_of(tree: Path, say: Callable[[str], None]) -> Path:
    """Give the folder with Kafka's tools of that version; they are fetched into its build where they are not there."""
    folder = tree / "tools"
    if not folder.exists():
        say("fetching Kafka's own benchmark")
        command = ("mvn", "-q", "-B", "-Ptools", "dependency:copy-dependencies", "-DincludeScope=runtime")
        partly = tree / "tools.partly"
        _run([*command, f"-DoutputDirectory={partly}"], None, cwd=tree)
        partly.rename(folder)
    return folder


def perf_bench(load: Load) -> Round:
    """Run `perf bench` once. Raises MeasurementFailed if it fails or if what was acknowledged is not stored."""
    properties = load.folder / "client.properties"
    properties.write_text("batch.num.messages=1\n")
    with _topic(load) as topic:
        words = ("bench", "--bootstrap-servers", load.bootstrap, "--topic", topic, "--json")
        size = ("--message-size", str(MESSAGE_BYTES), "--acks", "1", "--concurrency", str(load.in_flight))
        more = ("--client-config", str(properties), "--duration", f"{load.seconds:g}s")
        before = _broker_cpu_s(load)
        result = json.loads(
            _run((sys.executable, "-m", "chronik_perf", *words, *size, *more), load.core).said
        )
        used_s = _broker_cpu_s(load) - before
        stored = _stored(load, topic)
    window = result["window"]
    if window["stored"] != window["acked"]:
        raise MeasurementFailed(f"perf bench: {window['acked']} acknowledged and {window['stored']} stored")
    return Round(result["msgs_per_s"], result["generator_busy"], used_s / stored * 1e6)


def producer_performance(load: Load, tools: Path, about_msgs_per_s: float) -> Round:
    """Run Kafka's own benchmark once, for about so many seconds at about that rate, its JVM warm before it counts.

    Raises MeasurementFailed if it fails, or if the topic's end does not tell of as many messages as it does.
    """
    warm_up, counted = (round(about_msgs_per_s * s) for s in (WARM_UP_S, load.seconds))
    properties = {
        "acks": 1,
        "enable.idempotence": "false",
        "linger.ms": 0,
        "batch.size": 0,  # one message a batch
        "buffer.memory": load.in_flight * RESERVED_BYTES,  # the only bound on messages in flight that it has
        "max.in.flight.requests.per.connection": load.in_flight,
    }
    java = (
        "java",
        "-Xms256m",
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        f"{tools}/*",
    )
    with _topic(load) as topic:
        where = ("--bootstrap-server", load.bootstrap, "--topic", topic, "--record-size", str(MESSAGE_BYTES))
        many = (
            "--num-records",
            str(warm_up + counted),
            "--warmup-records",
            str(warm_up),
            "--throughput",
            "-1",
        )
        how = ("--command-property", *(f"{key}={value}" for key, value in properties.items()))
        before = _broker_cpu_s(load)
        ran = _run([*java, "org.apache.kafka.tools.ProducerPerformance", *where, *many, *how], load.core)
        used_s = _broker_cpu_s(load) - before
        stored = _stored(load, topic)
    found = _STEADY.search(ran.said)
    if found is None or int(found[1]) != counted or stored != warm_up + counted:
        raise MeasurementFailed(
            f"ProducerPerformance, of whose {warm_up + counted} messages {stored} are stored, said: {ran.said[-500:]}"
        )
    return Round(float(found[2]), ran.cpu_s / ran.took_s, used_s / stored * 1e6)


def agreement(ours: Sequence[Round], theirs: Sequence[Round]) -> str:
    """Say both medians with their spread, and the ratio of the pairs with its interval, by either route."""
    lines = []
    for name, rounds in (("perf bench", ours), ("ProducerPerformance", theirs)):
        rates = np.array([r.msgs_per_s for r in rounds])
        low, high = np.quantile(rates, (0.25, 0.75))
        lines.append(
            f"{name:20} median {np.median(rates):8,.0f} msg/s, middle half {low:,.0f} to {high:,.0f}"
        )
    lines.append(
        "ratio of throughput "
        + _ratio([(a.msgs_per_s, b.msgs_per_s) for a, b in zip(ours, theirs, strict=True)])
    )
    lines.append(
        "ratio of the broker's CPU per message "
        + _ratio([(a.broker_us, b.broker_us) for a, b in zip(ours, theirs, strict=True)])
    )
    return "\n".join(lines)


def _ratio(pairs: Sequence[tuple[float, float]]) -> str:
    """Give the geometric mean of the ratios and its interval by Student's t on their logs, each round being a pair."""
    logs = np.log([a / b for a, b in pairs])
    mean, sd = logs.mean(), logs.std(ddof=1)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, len(logs) - 1) * sd / np.sqrt(len(logs))
    low, high = np.exp([mean - half, mean + half])
    word = "no difference beyond the noise" if low <= 1 <= high else "they DIFFER"
    interval = f"{np.exp(mean):.3f} ({CONFIDENCE:.0%}: {low:.3f} to {high:.3f})"
    return f"{interval}, {len(logs)} pairs, SD of a pair {sd:.1%}: {word}"


@contextlib.contextmanager
def _topic(load: Load) -> Iterator[str]:
    name = f"perf-agree-{secrets.token_hex(8)}"
    create_topic(load.bootstrap, name, 1)
    try:
        yield name
    finally:
        delete_topic(load.bootstrap, name)


def _stored(load: Load, topic: str) -> int:
    return sum(log_end_offsets(load.bootstrap, topic).values())


def _broker_cpu_s(load: Load) -> float:
    read = load.broker_cpu.read()
    if isinstance(read, Unavailable):
        raise MeasurementFailed(f"the broker's CPU cannot be read: {read.reason}")
    return read


@dataclass(frozen=True, slots=True)
class _Ran:
    said: str
    cpu_s: float
    took_s: float


def _run(command: Sequence[str], core: int | None, cwd: Path | None = None) -> _Ran:
    """Run a program to its end, bounded in time, on one core. Raises MeasurementFailed, with its words, if it fails."""
    pinned = ("taskset", "-c", str(core), *command) if core is not None else tuple(command)
    begun, before = time.monotonic(), os.times()
    process = psutil.Popen(pinned, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        said, errors = process.communicate(timeout=_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise MeasurementFailed(f"{command[0]} was not done after {_TIMEOUT_S:g} s") from None
    finally:
        for child in (*_children(process), process):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
    after = os.times()
    if process.returncode:
        raise MeasurementFailed(f"{' '.join(command[:4])} failed: {(errors or said)[-500:]}")
    used_s = after.children_user + after.children_system - before.children_user - before.children_system
    return _Ran(said, used_s, time.monotonic() - begun)


def _children(process: psutil.Popen) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(process.children(recursive=True))
    return []
