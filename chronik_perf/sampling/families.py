"""Names of threads and files without the numbers that their makers count them by."""

from __future__ import annotations

import re

# A number by itself: that of "Thread-7 (writer)", not that of "wal-v2".
_COUNTED = re.compile(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])")


def family(name: str) -> str:
    """Give the name that all threads of a pool share, "Thread-# (writer)", or all segments of a log.

    Which of them did what is chance, and one start makes more of them than another; held against each other one by one
    they would all be new or gone.
    """
    return _COUNTED.sub("#", name)
