"""A command: any program that listens on a port, which stands in for a broker."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from chronik_perf.model import BadInput, Provenance, Target


def command_target(line: str, overrides: Mapping[str, str]) -> Target:
    """Give a program with its arguments; `{port}` is where it must listen and `{data_dir}` where it may write.

    Raises BadInput for a line that is empty, has an open quote, does not say `{port}`, or gets overrides.
    """
    if overrides:
        raise BadInput("a command: target has no settings to override; write them into the command")
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise BadInput(f"the command {line!r} cannot be read: {error}") from None
    if not argv:
        raise BadInput(
            "command: needs a program, such as command:'my-broker --port {port} --data {data_dir}'"
        )
    if not any("{port}" in word for word in argv):
        raise BadInput(f"the command {line!r} does not say {{port}}, so it cannot be told where to listen")
    return Target(
        name=f"command:{line}",
        argv=argv,
        ready="port",
        provenance=Provenance(source="command", commit=None, dirty=None, detail=line),
    )
