"""`perf bench`: one load against a broker that runs already. Flags as chronik-bench has them."""

from __future__ import annotations

import dataclasses
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from chronik_perf.cli.clients import ClientConfig
from chronik_perf.cli.options import seconds
from chronik_perf.cli.saying import say
from chronik_perf.model import Arrival, BadInput, DriverName, Latency, LoadWindow, Workload

if TYPE_CHECKING:
    from chronik_perf.load.bench import BenchResult

_MOST_MESSAGE_BYTES = 64 << 20
_MOST_CONCURRENCY = 1_000_000


class Mode(StrEnum):
    """What chronik-bench can do that is here, too."""

    PRODUCE = "produce"


class DriverOption(StrEnum):
    """The two drivers."""

    LIBRDKAFKA = "librdkafka"
    WIRE = "wire"


def bench(
    bootstrap_servers: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Address of the broker: HOST:PORT[,HOST:PORT...].")
    ],
    topic: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="An empty topic to use. Default: a new one, deleted afterwards."),
    ] = None,
    concurrency: Annotated[
        int,
        typer.Option(metavar="N", help="Messages in flight; for the wire driver, connections with one each."),
    ] = 128,
    message_size: Annotated[int, typer.Option(metavar="BYTES", help="Bytes of a message's value.")] = 256,
    duration: Annotated[
        str, typer.Option(metavar="TIME", help="Length of the measured window: 30s, 500ms, 1m30s.")
    ] = "30s",
    mode: Annotated[Mode, typer.Option(help="What to do.")] = Mode.PRODUCE,
    acks: Annotated[str, typer.Option(metavar="N", help="Acknowledgements to wait for: 0, 1 or all.")] = "1",
    client_config: ClientConfig = None,
    driver: Annotated[
        DriverOption | None, typer.Option(help="Default: librdkafka; wire where --rate is given.")
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="MSGS_PER_S", help="Open loop: messages due per second. Default: a closed loop."
        ),
    ] = None,
    linger_ms: Annotated[
        float, typer.Option(metavar="MS", help="How long librdkafka waits to fill a batch.")
    ] = 0.0,
    partitions: Annotated[int, typer.Option(metavar="N", help="Partitions of a topic that is made.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """Load a running Kafka-compatible broker and count what its log gained."""
    if not 0 < concurrency <= _MOST_CONCURRENCY:
        raise BadInput(f"--concurrency is {concurrency}; give 1 to {_MOST_CONCURRENCY}")
    if not 0 < message_size <= _MOST_MESSAGE_BYTES:
        raise BadInput(f"--message-size is {message_size}; give 1 to {_MOST_MESSAGE_BYTES} bytes")
    if rate is not None and not 0 < rate < 1e8:
        raise BadInput(f"--rate is {rate:g}; give messages per second, above 0")
    if partitions < 1:
        raise BadInput(f"--partitions is {partitions}; give at least 1")
    if linger_ms < 0:
        raise BadInput(f"--linger-ms is {linger_ms:g}; give 0 or more")
    duration_s = seconds("--duration", duration)
    chosen: DriverName = "wire" if rate is not None else "librdkafka"
    if driver is not None:
        chosen = "wire" if driver is DriverOption.WIRE else "librdkafka"
    arrival: Arrival = "closed" if rate is None else "open"
    workload = Workload(
        name="bench",
        title="perf bench",
        driver=chosen,
        acks=parse_acks(acks),
        message_size_bytes=message_size,
        in_flight=concurrency,
        linger_ms=linger_ms,
        partitions=partitions,
        slice_s=duration_s,
        slice_bytes=0,
        arrival=arrival,
        rate_msgs_per_s=rate,
    )
    # Imported here, so that --help and a slip in an option do not wait for it.
    from chronik_perf.load.bench import bench as run_bench
    from chronik_perf.load.bench import require_stored
    from chronik_perf.load.client_config import read_client_config

    config = None if client_config is None else read_client_config(client_config)
    result = run_bench(workload, bootstrap_servers, duration_s, topic, config, say)
    require_stored(result)
    print(_as_json(result) if as_json else _as_text(result))
    return 0


def parse_acks(text: str) -> int:
    """Read 0, 1, all or -1; BadInput for anything else."""
    known = {"0": 0, "1": 1, "all": -1, "-1": -1}
    if text.strip().lower() not in known:
        raise BadInput(f"--acks is '{text}'; give 0, 1 or all")
    return known[text.strip().lower()]


def _as_text(result: BenchResult) -> str:
    window, workload = result.window, result.workload
    lines = [
        workload.describe(),
        f"broker      {result.bootstrap}, topic {result.topic} ({result.topic_note})",
    ]
    if result.client_config:
        shown = ", ".join(f"{key}={value}" for key, value in sorted(result.client_config.items()))
        lines.append(f"client      {shown}")
    megabytes = result.msgs_per_s * workload.message_size_bytes / 1e6
    lines += [
        _counts(window),
        f"window      {window.window_s:.3f} s, {_window_words(workload)}; warm-up {result.warm_up_s:g} s",
        f"throughput  {result.msgs_per_s:,.0f} msg/s stored ({megabytes:.1f} MB/s)",
    ]
    if window.response is not None:
        lines.append(f"response    {_percentiles(window.response)}")
    if window.service is not None:
        lines.append(f"service     {_percentiles(window.service)}")
        lines.append("            response counts from when a message was due, service from when it was sent")
    lines.append(f"generator   {window.generator_busy:.0%} of a core")
    notes = [*window.errors, *_notes(result)]
    return "\n".join([*lines, *(f"note        {note}" for note in notes)])


def _counts(window: LoadWindow) -> str:
    return (
        f"messages    sent {window.sent:,}   acknowledged {window.acked:,}   failed {window.failed:,}   "
        f"stored {window.stored:,}"
    )


def _window_words(workload: Workload) -> str:
    if workload.acks == 0:
        return "first send to the log end offset having caught up"
    return "first send to last acknowledgement"


def _percentiles(latency: Latency) -> str:
    return (
        f"p50 {latency.p50_ms:.2f} ms   p99 {latency.p99_ms:.2f} ms   p99.9 {latency.p999_ms:.2f} ms   "
        f"max {latency.max_ms:.2f} ms   ({latency.recorded:,} recorded)"
    )


def _notes(result: BenchResult) -> list[str]:
    window, workload = result.window, result.workload
    notes = []
    if window.stored != window.acked:
        notes.append(f"{window.acked:,} were acknowledged and {window.stored:,} stored; the two should agree")
    if result.generator_saturated:
        notes.append(
            "the generator's core is over 90 % busy, so this is the generator's throughput: use larger "
            "messages or several generators before blaming the broker"
        )
    elif workload.arrival == "closed" and workload.acks != 0 and window.response is not None:
        p50_ms = window.response.p50_ms
        restated = workload.in_flight / p50_ms * 1e3
        if abs(restated - result.msgs_per_s) <= 0.1 * result.msgs_per_s:
            notes.append(
                f"throughput restates the median response time: {workload.in_flight} in flight ÷ {p50_ms:.2f} ms "
                f"= {restated:,.0f} msg/s"
            )
    return notes


def _as_json(result: BenchResult) -> str:
    document = dataclasses.asdict(result)
    document["client_config"] = dict(result.client_config)
    document["msgs_per_s"] = result.msgs_per_s
    document["window_s"] = result.window.window_s
    document["generator_busy"] = result.window.generator_busy
    return json.dumps(document, indent=2)
