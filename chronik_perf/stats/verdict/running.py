"""What a comparison with a broker that ran already can say, and what it cannot."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import SIDES, Comparison, Side
from chronik_perf.stats.gather import name_of


def running(comparison: Comparison) -> Iterator[str]:
    """Give the sentences that a reader of such a comparison must know; none where perf started both sides."""
    sides = [side for side in SIDES if comparison.target(side).runs_already]
    if not sides:
        return
    yield _unit(comparison)
    names = _names(comparison, sides)
    yield (
        f"Perf did not start {names}: CPU, memory, threads, profiles, log and configuration are unavailable there; "
        "core, disk, age and other clients are not known. CPU and memory per message decide nothing in this comparison."
    )
    yield (
        f"Whether {names} still worked after a slice was not watched: the next began a moment after the last message "
        "was acknowledged or stored, and what is put off for longer falls into a later slice, perhaps the other side's."
    )
    blind = [side for side in sides if comparison.target(side).metrics_url is None]
    if blind:
        yield (
            f"No metrics of {_names(comparison, blind)} were read, since no URL was given "
            "(kafka://HOST:PORT?metrics=http://HOST:PORT/metrics)."
        )


def _unit(comparison: Comparison) -> str:
    """Say for what the interval holds: the start is the unit, and here there were no starts."""
    base, candidate = comparison.base, comparison.candidate
    missing = (
        "how starts of one version differ is not in it, and who started first was not drawn "
        "(a start, below, is one block of the same process)"
    )
    if base.runs_already and candidate.runs_already:
        if base.address == candidate.address:
            return (
                f"Both sides are the one broker that ran already at {base.address}, each with topics of its own: an "
                f"A/A of this process, and not of its version, since {missing}."
            )
        return (
            "Each side is one broker process that ran already, both at the same time: the interval holds for these two "
            f"processes and not for their versions, since {missing}."
        )
    found: Side = "base" if base.runs_already else "candidate"
    started: Side = "candidate" if base.runs_already else "base"
    return (
        f"{name_of(comparison, found)} is one broker process that ran already, while {name_of(comparison, started)} "
        "was started afresh for each block, with a core and an empty folder of its own: they differ in more than their "
        f"version, and the interval holds for that process and not for its version, since {missing}."
    )


def _names(comparison: Comparison, sides: list[Side]) -> str:
    return " and ".join(dict.fromkeys(comparison.target(side).name for side in sides))
