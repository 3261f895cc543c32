"""What goes on, told while it goes on: on stderr, because stdout is for the result."""

from __future__ import annotations

import sys


def say(words: str) -> None:
    """Print one line at once, also where stderr is a file."""
    print(words, file=sys.stderr, flush=True)


def unforeseen(error: Exception) -> str:
    """Give the sentence on an error that is nobody's but this tool's."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"the measurement failed on an error of this tool ({text}); "
        "set CHRONIK_PERF_DEBUG=1 to see where, and please report it"
    )
