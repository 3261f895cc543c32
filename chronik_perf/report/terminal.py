"""What every text for a terminal keeps to: how wide it is, and that nothing in it steers the terminal."""

from __future__ import annotations

import textwrap

WIDTH = 112


def wrapped(text: str, indent: str = "") -> list[str]:
    """Give a paragraph as lines of at most WIDTH characters; where it is indented, all after the first hang by two.

    A word that is longer stays whole, so that a path can be copied.
    """
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  " if indent else "",
        break_long_words=False,
    )


def printable(text: str) -> str:
    """Take out what would steer a terminal: names come from files, from brokers and from other people's branches."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
