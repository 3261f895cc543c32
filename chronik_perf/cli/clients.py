"""`--client-config`: what all loads of a run set for TLS and SASL, and which workloads can."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.model import BadInput, Design, Workload

ClientConfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="File with client properties (key=value), for TLS and SASL."),
]


@dataclass(frozen=True, slots=True)
class Clients:
    """The properties with their secrets (None: no file was given), and the same as they may be shown."""

    config: Mapping[str, str] | None = field(repr=False)
    shown: dict[str, str]


NO_FILE = Clients(None, {})


def read_clients(path: Path | None) -> Clients:
    """Read the file. Raises BadInput where it cannot be read, sets nothing, or sets what no client takes."""
    if path is None:
        return NO_FILE
    from chronik_perf.load.client_config import read_client_config
    from chronik_perf.load.librdkafka_client import check_client_config
    from chronik_perf.secrecy import redact

    config = read_client_config(path)
    if not config:
        raise BadInput(f"{path} sets no property; write key=value, such as security.protocol=SSL")
    check_client_config(config)
    return Clients(config, redact(config))


def able(
    loads: tuple[Workload, ...], clients: Clients, named: bool
) -> tuple[tuple[Workload, ...], tuple[str, ...]]:
    """Leave out the workloads that cannot be given with the properties, and give a sentence on each.

    Raises BadInput where such a workload was asked for by name.
    """
    if clients.config is None:
        return loads, ()
    unable = [w for w in loads if w.driver == "wire"]
    if unable and named:
        raise BadInput(
            f"workload {unable[0].name} speaks neither TLS nor SASL, so it has no place beside --client-config; "
            "leave one of them away"
        )
    said = "was left out, because its driver speaks neither TLS nor SASL, and --client-config was given"
    return tuple(w for w in loads if w not in unable), tuple(f"Workload {w.name} {said}." for w in unable)


def same_clients(path: Path, design: Design, clients: Clients) -> None:
    """Check that a run goes on as its loads began. Raises BadInput."""
    if clients.shown == design.client_config:
        return
    if not design.client_config:
        raise BadInput(f"{path} was measured without a client configuration; leave --client-config away")
    if clients.config is None:
        raise BadInput(
            f"{path} was measured with a client configuration, whose secrets are not kept; give its file again with "
            "--client-config"
        )
    differs = sorted(
        k
        for k in {*clients.shown, *design.client_config}
        if clients.shown.get(k) != design.client_config.get(k)
    )
    raise BadInput(
        f"{path} was measured with another client configuration: {', '.join(differs)} differ{'s' * (len(differs) == 1)}"
    )
