"""Names in braces that a perf.toml or a command leaves open: a slip in one would reach the broker as it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from chronik_perf.model import BadInput

_FILLED = ("host", "port", "metrics_port", "data_dir")
# A shell's ${port} is a variable, and what is not one word is no name of ours: such braces stay as they are.
_NAME = re.compile(r"(?<!\$)\{\s*([\w.-]+)\s*\}")
_CLOSE = 0.7  # {metrics} is close to metrics_port, and {sep} is not to set


def check_words(where: str, words: Sequence[str], known: Sequence[str] = _FILLED) -> None:
    """Raise BadInput for a name in braces that is almost one that is filled in; `where` says whose words these are."""
    for found in (match for word in words for match in _NAME.finditer(word)):
        near = difflib.get_close_matches(found[1].lower(), known, n=1, cutoff=_CLOSE)
        if near and found[0] != f"{{{near[0]}}}":
            raise BadInput(f"{where} says {found[0]}; did you mean {{{near[0]}}}?")


def check_names(where: str, start: Sequence[str], override_with: Sequence[str]) -> None:
    """Raise BadInput for a name in braces that is almost one that is filled in, and for {set} within a word."""
    for words, title, known in (
        (start, "command in [start]", (*_FILLED, "set")),
        (override_with, "override_with in [settings]", ("key", "value", *_FILLED)),
    ):
        check_words(f"{where}: {title}", words, known)
    for word in start:
        if word != "{set}" and any(found[1] == "set" for found in _NAME.finditer(word)):
            raise BadInput(
                f"{where}: command in [start] says {{set}} within {word[:80]!r}, where no override can go; "
                "make it a word of its own, and write in override_with what stands before it"
            )
