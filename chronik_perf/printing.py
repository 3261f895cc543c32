"""Text from elsewhere on one line of a terminal."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Put a space for whatever would steer a terminal, line ends too: it comes from logs, programs and branches."""
    return "".join(c if c.isprintable() else " " for c in text)
