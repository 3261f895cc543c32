"""Which driver serves which workload. A new driver is one file and one line here."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from importlib import import_module

from chronik_perf.load.client_config import MOST_QUEUED_KBYTES
from chronik_perf.load.driver import Driver
from chronik_perf.load.wire.requests import TURNS
from chronik_perf.model import BadInput, Workload

_MOST_ENCODED_BYTES = 512 << 20
_OTHER_FILES = 64


def check_workload(workload: Workload, client_config: Mapping[str, str] | None) -> None:
    """Raise BadInput, with what to change, for a workload that no driver can give."""
    for name, least in (("message_size_bytes", 1), ("in_flight", 1), ("partitions", 1)):
        if getattr(workload, name) < least:
            raise BadInput(
                f"{name} of workload {workload.name} is {getattr(workload, name)}; it must be at least 1"
            )
    if workload.acks not in (0, 1, -1):
        raise BadInput(f"acks of workload {workload.name} is {workload.acks}; it must be 0, 1 or -1 (all)")
    if workload.linger_ms < 0:
        raise BadInput(
            f"linger_ms of workload {workload.name} is {workload.linger_ms:g}; it cannot be negative"
        )
    if workload.driver == "librdkafka":
        queued = (workload.in_flight + 1) * (workload.message_size_bytes + 64)
        if queued > MOST_QUEUED_KBYTES << 10:
            raise BadInput(
                f"{workload.in_flight} messages of {workload.message_size_bytes} bytes in flight take "
                f"{queued >> 20} MiB; librdkafka's queue holds {MOST_QUEUED_KBYTES >> 10} MiB"
            )
    if workload.driver == "wire" and client_config is not None:
        raise BadInput(
            "the wire driver speaks neither TLS nor SASL; "
            "use the librdkafka driver with a client configuration"
        )
    if workload.driver == "wire":
        encoded = TURNS * workload.in_flight * workload.message_size_bytes
        if encoded > _MOST_ENCODED_BYTES:
            raise BadInput(
                f"{workload.in_flight} connections with messages of {workload.message_size_bytes} bytes take "
                f"{encoded >> 20} MiB of requests; the wire driver holds {_MOST_ENCODED_BYTES >> 20} MiB"
            )
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if workload.in_flight + _OTHER_FILES > files:
            raise BadInput(
                f"{workload.in_flight} connections are more than the {files} open files that are allowed here"
            )
    if workload.arrival == "open":
        if workload.driver != "wire":
            raise BadInput("an open loop needs the wire driver; use --driver wire")
        if workload.acks == 0:
            raise BadInput("an open loop times acknowledgements; use acks 1 or all")
        if not workload.rate_msgs_per_s or workload.rate_msgs_per_s <= 0:
            raise BadInput("an open loop needs a rate above 0 messages a second")


def load_drivers() -> None:
    """Load the code of all drivers, for processes that are forked from this one."""
    for name in ("wire.open", "wire.unacked", "wire.closed", "librdkafka_bulk", "librdkafka_closed"):
        import_module(f"chronik_perf.load.{name}")


def make_driver(
    workload: Workload, bootstrap: str, topic: str, client_config: Mapping[str, str] | None
) -> Driver:
    """Make the driver of a checked workload, connected. Drivers are imported late: loading costs time."""
    if workload.driver == "wire":
        if workload.arrival == "open":
            from chronik_perf.load.wire.open import WireOpen

            return WireOpen(workload, bootstrap, topic)
        if workload.acks == 0:
            from chronik_perf.load.wire.unacked import WireUnacked

            return WireUnacked(workload, bootstrap, topic)
        from chronik_perf.load.wire.closed import WireClosed

        return WireClosed(workload, bootstrap, topic)
    if workload.acks == 0:
        from chronik_perf.load.librdkafka_bulk import Bulk

        return Bulk(workload, bootstrap, topic, client_config)
    from chronik_perf.load.librdkafka_closed import ClosedLoop

    return ClosedLoop(workload, bootstrap, topic, client_config)
