"""Commands on a leash: nothing below one outlives it, not even what has made itself a session of its own."""

from chronik_perf.leash.child import Child, StopOutcome

__all__ = ["Child", "StopOutcome"]
