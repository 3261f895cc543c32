"""Client configurations: how they are read, what the drivers add, and how secrets stay out of sight."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from chronik_perf.model import BadInput, Workload
from chronik_perf.secrecy import REDACTED, redact

# What the Java client calls otherwise than librdkafka.
_JAVA_NAMES = {
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
}
_JAAS = re.compile(r"""(username|password)\s*=\s*(?:"([^"]*)"|'([^']*)')""")

# A workload decides these; a file that changed them would make two loads of one name differ.
_WORKLOAD_DECIDES = frozenset(
    {
        "acks", "request.required.acks", "linger.ms", "queue.buffering.max.ms", "enable.idempotence",
        "compression.type", "compression.codec", "retries", "message.send.max.retries",
    }
)  # fmt: skip


def read_client_config(path: Path) -> dict[str, str]:
    """Read a properties file (`key=value` a line, # or ! begins a comment) as librdkafka's configuration.

    The Java client's names for TLS and SASL are translated. Raises BadInput, with the line's number and never
    its value, where the file cannot be read or a line is not a property.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise BadInput(f"the client configuration {path} cannot be read: {why}") from error
    config: dict[str, str] = {}
    for number, line in _logical_lines(text):
        key, sign, value = line.partition("=")
        if not sign or not key.strip():
            raise BadInput(f"line {number} of {path} is not a property; write key=value")
        config[key.strip()] = value.strip()
    return _translated(config, path)


def redact_text(text: str, config: Mapping[str, str] | None) -> str:
    """Take the configuration's secrets out of a sentence, such as a client's own error message."""
    shown = redact(config or {})
    for key, value in (config or {}).items():
        if shown[key] == REDACTED and value:
            text = text.replace(value, REDACTED)
    return text


MOST_QUEUED_KBYTES = 2_097_151


def producer_config(
    workload: Workload, bootstrap: str, client_config: Mapping[str, str] | None
) -> dict[str, str | int | float | bool]:
    """Give librdkafka's configuration for a workload.

    No retry and no idempotence, so that a message is sent once and stored at most once; no compression; the
    client's own timeouts are bounded, so that a broker that does not answer shows as a failure.
    """
    # librdkafka bounds its queue in messages and in bytes; the workload's number must be what bounds it.
    kbytes = max(1 << 20, 2 * workload.in_flight * (workload.message_size_bytes + 64) // 1024)
    return {
        "socket.keepalive.enable": True,
        **(client_config or {}),
        "bootstrap.servers": bootstrap,
        "acks": workload.acks,
        "linger.ms": workload.linger_ms,
        "compression.type": "none",
        "enable.idempotence": False,
        "message.send.max.retries": 0,
        "message.timeout.ms": 10_000,
        "request.timeout.ms": 10_000,
        "socket.timeout.ms": 10_000,
        # A message is in the queue until its delivery has been told, and the next one is sent from there.
        "queue.buffering.max.messages": max(100_000, workload.in_flight + 1),
        "queue.buffering.max.kbytes": min(kbytes, MOST_QUEUED_KBYTES),
        "message.max.bytes": max(1_000_000, workload.message_size_bytes + 4096),
        "allow.auto.create.topics": False,
        "log_level": 2,
    }


def admin_config(bootstrap: str, client_config: Mapping[str, str]) -> dict[str, str | int | float | bool]:
    """Give librdkafka's configuration for questions about topics and offsets."""
    return {**client_config, "bootstrap.servers": bootstrap, "log_level": 2, "socket.timeout.ms": 10_000}


def _logical_lines(text: str) -> list[tuple[int, str]]:
    # As java.util.Properties: a backslash at the end continues the line, without the next one's indent.
    lines: list[tuple[int, str]] = []
    pending, started = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not pending:
            if not line or line[0] in "#!":
                continue
            started = number
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        lines.append((started, pending + line))
        pending = ""
    if pending:
        lines.append((started, pending))
    return lines


def _translated(config: dict[str, str], path: Path) -> dict[str, str]:
    out: dict[str, str] = {}
    for key, value in config.items():
        if key in _WORKLOAD_DECIDES:
            raise BadInput(f"{path} sets {key}, which the workload decides; remove it and use the option")
        if key == "sasl.jaas.config":
            for name, double, single in _JAAS.findall(value):
                out[f"sasl.{name}"] = double or single
        elif key.startswith(("ssl.truststore.", "ssl.keystore.")) and key not in _JAVA_NAMES:
            if key.endswith(".type"):
                continue
            raise BadInput(
                f"{path} sets {key}, which names a Java key store; export it as PEM and set "
                "ssl.ca.location, ssl.certificate.location and ssl.key.location"
            )
        elif key == "sasl.mechanism":
            out["sasl.mechanisms"] = value
        elif key in ("key.serializer", "value.serializer", "bootstrap.servers"):
            continue
        else:
            out[_JAVA_NAMES.get(key, key)] = value
    return out
