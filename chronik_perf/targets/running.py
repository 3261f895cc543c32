"""A broker that runs already: `kafka://host:port`, and where its metrics are if somebody says so."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.targets.scheme import Asked, Found, Scheme

_EXAMPLE = "kafka://127.0.0.1:9092"
_METRICS_EXAMPLE = f"{_EXAMPLE}?metrics=http://127.0.0.1:9404/metrics"
_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")


def _find(rest: str, asked: Asked) -> Found:
    """Find the broker at `host:port`, with the query `metrics=URL` if its metrics are to be read.

    Raises BadInput for what is no such address, for another query, and for overrides.
    """
    if asked.overrides:
        raise BadInput("a broker that runs already has no settings to override; restart it with others")
    address, asks, query = rest.partition("?")
    address = _checked(address.removesuffix("/"))
    target = Target(
        name=f"kafka://{address}",
        argv=(),
        ready="port",
        provenance=Provenance("running", None, None, "perf did not start it"),
        address=address,
        metrics_url=_metrics_url(query) if asks else None,
    )
    return Found(explain=lambda: _explained(target), target=lambda _: target, started=False)


def _explained(target: Target) -> list[str]:
    metrics = f"are read at {target.metrics_url}"
    if target.metrics_url is None:
        metrics = f"are not read, since no URL is given, as in {_METRICS_EXAMPLE}"
    return [
        f"{target.name}: the broker that runs at {target.address}, because it begins so; perf does not start it.",
        f"What its clients see of it is measured, its metrics {metrics}, and its process is not looked into.",
    ]


def _checked(address: str) -> str:
    if "@" in address:  # it is not repeated, since it may hold a password
        raise BadInput(
            f"a kafka:// name holds no user and no password; write it as {_EXAMPLE}, and put them into a file for "
            "--client-config"
        )
    if "," in address:
        raise BadInput(f"kafka://{address} names several brokers; name one of them, as in {_EXAMPLE}")
    if "/" in address:
        raise BadInput(f"kafka://{address} has a path, which brokers do not have; write it as in {_EXAMPLE}")
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[1]) < 65536:
        raise BadInput(f"kafka://{address} is no address of a broker; give host and port, as in {_EXAMPLE}")
    return address


def _metrics_url(query: str) -> str:
    key, _, url = query.partition("=")
    if key != "metrics":
        raise BadInput(
            f"a kafka:// name knows no {key!r}; only metrics=URL may follow, as in {_METRICS_EXAMPLE}"
        )
    try:
        parts = urlsplit(url)
        whole = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or "@" in url or any(c.isspace() or not c.isprintable() for c in url):
        raise BadInput(
            f"the metrics of a kafka:// name are at no http:// URL; write it as in {_METRICS_EXAMPLE}"
        )
    return url


RUNNING = Scheme("kafka://", _find, lambda _: [f"brokers that run already: {_EXAMPLE}"])
