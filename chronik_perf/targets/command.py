"""A command: any program that listens on a port, which stands in for a broker.

As in a shell, variables of its own may stand before it, with or without the word `env`.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping

from chronik_perf.environment import HASH_SEED
from chronik_perf.model import BadInput, Provenance, Target
from chronik_perf.targets.placeholders import check_words
from chronik_perf.targets.scheme import Asked, Found, Scheme

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_EXAMPLE = "command:'my-broker --port {port} --data {data_dir}'"


def _find(line: str, asked: Asked) -> Found:
    target = _target(line, asked.overrides)
    told = f"{target.name}: a command, because it begins so; its program is {target.provenance.detail}."
    return Found(explain=lambda: [told], target=lambda _: target)


def _target(line: str, overrides: Mapping[str, str]) -> Target:
    """Give a program with its arguments; `{port}` is where it must listen and `{data_dir}` where it may write.

    Raises BadInput for a line that is empty, has an open quote, has a slip in a name in braces, does not say `{port}`,
    names a program that is not there, or gets overrides.
    """
    if overrides:
        raise BadInput("a command: target has no settings to override; write them into the command")
    try:
        argv = tuple(shlex.split(line))
    except ValueError as error:
        raise BadInput(f"the command {line!r} cannot be read: {str(error).lower()}") from None
    env, argv = _variables(argv)
    if HASH_SEED in env:
        raise BadInput(
            f"the command {line!r} sets {HASH_SEED}, which is drawn anew for every start; leave it away"
        )
    if not argv:
        raise BadInput(f"command: needs a program, such as {_EXAMPLE}")
    check_words(f"the command {line!r}", argv)
    if not any("{port}" in word for word in argv):
        raise BadInput(
            f"the command {line!r} does not say {{port}}, so it cannot be told where to listen; "
            f"write it as in {_EXAMPLE}"
        )
    program = shutil.which(argv[0])
    if program is None:
        raise BadInput(
            f"the program {argv[0]!r} of the command is not there or may not be run; give its path"
        )
    return Target(
        name=f"command:{line}",
        argv=argv,
        ready="port",
        provenance=Provenance(source="command", commit=None, dirty=None, detail=program),
        version=f"command:{line}",
        env=env,
    )


def _variables(words: tuple[str, ...]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Take NAME=VALUE off the front; other options of `env` are its own affair, and stay with it."""
    begin = 1 if words[:1] == ("env",) else 0
    end = begin
    while end < len(words) and _VARIABLE.match(words[end]):
        end += 1
    if begin and end < len(words) and words[end].startswith("-"):
        return {}, words
    pairs = (word.partition("=") for word in words[begin:end])
    return {name: value for name, _, value in pairs}, words[end:]


COMMAND = Scheme("command:", _find, lambda _: ["commands: command:'my-broker --port {port} ...'"])
