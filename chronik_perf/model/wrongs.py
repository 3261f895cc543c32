"""What should never be, and is counted of each start: one row for each."""

from __future__ import annotations

from chronik_perf.model.probed import ASKED, CONNECTED, Probed

WRONGS: tuple[Probed, ...] = (
    Probed(
        "misordered",
        "replies out of the order of their requests",
        "replies",
        "{who} answers a client's requests out of their order: {value}; {other} never does",
        count=True,
    ),
    Probed(
        "reordered",
        "messages that lie in the log before one that was sent before them",
        "messages",
        "{who} stored {value} of one connection before others that it had sent first; {other} keeps their order",
        count=True,
    ),
    Probed(
        "altered",
        "messages that come back otherwise than they were sent, or not at all",
        "messages",
        "{who} gave {value} back otherwise than they were sent, or not at all; {other} gave all back",
        count=True,
    ),
    Probed(
        "stored_again",
        "messages of idempotent producers that are stored twice when they are sent twice",
        "messages",
        "{who} stored {value} of idempotent producers a second time when they were sent again; {other} none",
        count=True,
    ),
    Probed(
        "restart_lost",
        "messages missing after a restart",
        "msg",
        "Started again on its own data, {who} lacks {value} that it had stored; {other} lacks none",
        count=True,
    ),
    Probed(
        "crash_lost",
        "acknowledged messages missing after a kill",
        "msg",
        "Killed and started again, {who} lacks {value} that it had acknowledged; {other} lacks none",
        count=True,
    ),
    Probed(
        "left_open",
        "connections that are gone and of which a descriptor or thread is left",
        "connections",
        "Of clients that have gone {who} still holds a descriptor or a thread ({value}); {other} does not",
        count=True,
        work=CONNECTED,
    ),
    Probed(
        "deleted_left",
        "descriptors or threads that are left of deleted topics",
        "descriptors or threads",
        "Of topics that were deleted {who} still holds {value} two seconds later; {other} holds none",
        count=True,
        work=ASKED,
    ),
    Probed(
        "early_fetches",
        "fetches that are to wait and are answered before their time",
        "fetches",
        "{who} answers fetches with nothing that were to wait ({value}), so that consumers ask again and again; "
        "{other} lets them wait",
        count=True,
        work=ASKED,
    ),
)
