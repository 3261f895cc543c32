"""What a perf.toml says to watch: the line that shows that a broker is ready, where its metrics are, and which."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from urllib.parse import urlsplit

from chronik_perf.model import BadInput

_LONGEST, _MOST_REPEATS, _MOST_NAMES = 200, 4, 20
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LITERAL = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")  # an escaped letter, or a class of letters
_REPEAT = re.compile(r"[*+{]|(?<!\()\?")


def check_ready_line(where: str, pattern: str) -> None:
    """Raise BadInput for what is no regular expression, or one that might look at a line of a log for ever.

    What takes for ever is a repeat within a repeat, and many of them: a group may not be repeated, and four repeats
    must do.
    """
    about = f"{where}: ready_line in [start]"
    if not pattern:
        raise BadInput(f"{about} is empty; give a text that the line holds, or leave it away")
    if len(pattern) > _LONGEST:
        raise BadInput(f"{about} is longer than {_LONGEST} letters; a few words of the line will do")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of what another Python would read otherwise
            re.compile(pattern)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise BadInput(f"{about} is not a regular expression: {error}") from None
    bare = _LITERAL.sub("x", pattern)
    if re.search(r"\)[*+{?]", bare) or re.search(r"\\[1-9]|\(\?P=", pattern):
        raise BadInput(f"{about} repeats a group, which may take for ever; write it without")
    if len(_REPEAT.findall(bare)) > _MOST_REPEATS:
        raise BadInput(
            f"{about} has more than {_MOST_REPEATS} repeats (*, +, ?, {{}}), which may take for ever"
        )


def check_metrics(
    where: str, url: str | None, names: Sequence[str], start: Sequence[str], *, fixed: bool = False
) -> None:
    """Raise BadInput for an address that is none, or that two brokers would share, and for names that are none.

    `start` are the words that start the broker. One with a `fixed` port never shares a network with another, so that
    the address of its metrics may be the same for all.
    """
    command = " ".join(start)
    if url is not None:
        _check_url(where, url, command, fixed)
    elif names and "{metrics_port}" not in command:
        raise BadInput(
            f"{where}: interesting in [metrics] needs metrics to look at; let command in [start] say {{metrics_port}}, "
            "or give [metrics] a url"
        )
    for name in names:
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"{where}: interesting in [metrics] has {name[:80]!r}, which is no name of a metric"
            )
        if name.endswith("_bucket"):
            other = name.removesuffix("_bucket")
            raise BadInput(
                f"{where}: interesting in [metrics] has {name}, which is many numbers; "
                f"name {other}_sum or {other}_count"
            )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(f"{where}: interesting in [metrics] names {twice} twice")
    if len(names) > _MOST_NAMES:
        raise BadInput(
            f"{where}: interesting in [metrics] names {len(names)} metrics, and {_MOST_NAMES} is the most"
        )


def _check_url(where: str, url: str, command: str, fixed: bool) -> None:
    about = f"{where}: url in [metrics]"
    alike = "{metrics_port}" not in url and "{port}" not in url
    if alike and not fixed:
        raise BadInput(
            f"{about} says neither {{metrics_port}} nor {{port}}, so two brokers would have one page; write it as "
            "http://{host}:{metrics_port}/metrics"
        )
    if "{metrics_port}" in url and "{metrics_port}" not in command:
        raise BadInput(
            f"{about} says {{metrics_port}}, and command in [start] does not, so the broker cannot be told"
        )
    filled = url.replace("{host}", "127.0.0.1").replace("{metrics_port}", "1").replace("{port}", "1")
    try:
        parts = urlsplit(filled)
        sound = parts.scheme == "http" and parts.hostname == "127.0.0.1"
        sound = sound and (bool(parts.port) if alike else parts.port == 1)
    except ValueError:
        sound = False
    if not sound or not filled.isascii() or not filled.isprintable() or " " in filled or "{" in filled:
        raise BadInput(f"{about} must be like http://{{host}}:{{metrics_port}}/metrics, not {url[:80]!r}")
