"""Variables of the caller that every program may see, whether it is a broker or builds one."""

from __future__ import annotations

# To find programs, libraries and time zones, and to print text; none of them configures a broker.
PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME")
