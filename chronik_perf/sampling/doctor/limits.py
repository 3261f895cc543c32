"""What this user may have: 128 connections on either side beside the log's files, and networks for brokers."""

from __future__ import annotations

import resource

from chronik_perf.network import why_no_namespace
from chronik_perf.sampling.doctor.check import Advice, Check, Gain, unavailable

# Raw load has 128 connections, each a descriptor of the load and of the broker, beside the files of the log.
_LEAST = 1024


def open_files() -> Check:
    """Look at the limit on open files, which processes that are started here inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= _LEAST:
        limit = "no limit" if soft == resource.RLIM_INFINITY else f"{soft:,} open files"
        return Check(
            "open files", "ok", f"{limit}", {} if soft == resource.RLIM_INFINITY else {"limit": float(soft)}
        )
    most = "more" if hard == resource.RLIM_INFINITY else f"up to {hard}"
    advice = Advice(
        f"raise the limit on open files: ulimit -n {_LEAST} ({most} are allowed)", Gain.ANOTHER_QUESTION
    )
    said = f"{soft} open files, and 128 connections on both sides want {_LEAST}"
    return Check("open files", "warning", said, {"limit": float(soft)}, (advice,))


def namespaces() -> Check:
    """Try whether a broker can have a network of its own, for versions whose ports cannot all be chosen."""
    if why := why_no_namespace():
        said = f"two versions whose ports cannot all be chosen run in turn and not side by side: {why}"
        return unavailable("network namespaces", said)
    return Check(
        "network namespaces", "ok", "with --netns two versions on the same fixed ports run side by side"
    )
