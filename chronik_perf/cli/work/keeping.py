"""What is to be known of a result that is kept, as a baseline or in a history."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import Comparison, Side


def reservations(comparison: Comparison, side: Side) -> Iterator[str]:
    """Give a sentence for each circumstance that makes one side of a run worth less to whoever looks back at it."""
    if not comparison.complete:
        yield "note: the run was interrupted, so there are fewer blocks than were planned"
    target = comparison.target(side)
    if target.runs_already:
        yield f"note: {target.name} ran already, so which version was measured is not known"
    if target.provenance.dirty:
        yield f"note: {target.name} ran with uncommitted changes, so its commit does not say what was measured"
