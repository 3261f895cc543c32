"""Variables of the caller that every program may see, whether it is a broker or builds one."""

from __future__ import annotations

import os

# To find programs, libraries and time zones, and to print text; none of them configures a broker.
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME")
# Drawn anew for every start: it is part of a process's luck, and of no version.
HASH_SEED = "PYTHONHASHSEED"


def passed(*more: str) -> dict[str, str]:
    """Give those, and `more` that are named, of the caller's variables that there are."""
    return {name: os.environ[name] for name in (*PASSED, *more) if name in os.environ}
