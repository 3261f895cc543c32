"""Which of the values that are recorded and shown may be secrets: properties of clients, variables of a broker."""

from __future__ import annotations

import re
from collections.abc import Mapping

REDACTED = "[redacted]"

# Whoever names a property with one of these words keeps a secret in it (passwords, keys, tokens, JAAS lines).
_SECRET = re.compile(
    r"password|passwd|passphrase|secret|token|jaas|credential|(^|[._-])key$|key\.pem$|(^|[._-])pass$|username"
    r"|oauthbearer\.config|kinit",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"\.location$|\.endpoint\.url$", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]*@")


def redact(values: Mapping[str, str]) -> dict[str, str]:
    """Give a copy for showing: what may be a secret is replaced, by its name or as the user of an address."""
    return {
        key: REDACTED
        if _SECRET.search(key) and not _NOT_SECRET.search(key)
        else _IN_ADDRESS.sub(f"://{REDACTED}@", value)
        for key, value in values.items()
    }
