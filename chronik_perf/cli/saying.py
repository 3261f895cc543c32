"""What goes on, told while it goes on: on stderr, because stdout is for the result."""

from __future__ import annotations

import sys


def say(words: str) -> None:
    """Print one line at once, also where stderr is a file."""
    print(words, file=sys.stderr, flush=True)
