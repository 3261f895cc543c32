"""The networks of the two places: the one that all share, or a namespace each, in which both may have one port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

from chronik_perf.model import SIDES, MeasurementFailed, Target
from chronik_perf.network import HOST, Network, why_no_namespace

Networks = tuple[Network, Network]
"""By the order in which sides are started, as folders are: whatever a namespace may be worth is nobody's for good."""

SHARED: Networks = (HOST, HOST)

ISOLATED = (
    "Broker and load of each side were in a network namespace of their own (--netns), which has loopback and nothing "
    "else."
)


@contextlib.contextmanager
def networks(namespaces: bool) -> Iterator[Networks]:
    """Give both networks; namespaces are the same for all blocks, since making and ending one costs the kernel work.

    Raises MeasurementFailed if there can be no namespace after all.
    """
    if not namespaces:
        yield SHARED
        return
    with contextlib.ExitStack() as held:
        try:
            first, second = (held.enter_context(contextlib.closing(Network.new())) for _ in SIDES)
        except OSError as error:
            raise MeasurementFailed(f"no network namespace could be made: {error.strerror}") from None
        yield first, second


def why_in_turn(targets: Iterable[Target], namespaces: bool) -> str:
    """Say why two versions that share a network are never up at once; empty where they may be."""
    fixed = [target.fixed_port for target in targets if target.fixed_port is not None]
    if namespaces or len(fixed) < len(SIDES):
        return ""
    ports = " and ".join(map(str, dict.fromkeys(fixed)))
    offer = "" if why_no_namespace() else "; --netns gives each a network of its own, and then they can be"
    return f"both listen where they cannot be told to ({ports}), so they are never up at once{offer}"
