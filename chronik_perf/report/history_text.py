"""The history for a terminal: what moved, then each series as one line of blocks with its changes below."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from chronik_perf.report.terminal import printable
from chronik_perf.stats import words
from chronik_perf.stats.history.over_time import Finding, Stand
from chronik_perf.stats.history.past import Past

_BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 72


def render(pasts: Sequence[Past], found: Sequence[Finding]) -> str:
    """Give the whole text; findings newest first."""
    parts = [_moved(found, any(past.enough for past in pasts))]
    for past in pasts:
        parts.append(_series(past))
    return printable("\n\n".join(parts)) + "\n"


def render_check(stands: Sequence[Stand]) -> str:
    """Give a line for each series that was checked, the worst first."""
    order = {"regressed": 0, "unsure": 1, "too few": 2, "held": 3}
    marks = {"regressed": "▼ regressed", "unsure": "? unsure", "too few": "? too few", "held": "✓ held"}
    rows = sorted(stands, key=lambda s: order[s.word])
    name = max(len(s.past.track.name) for s in rows)
    return (
        printable("\n".join(f"{marks[s.word]:<12} {s.past.track.name:<{name}}  {s.sentence}" for s in rows))
        + "\n"
    )


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """Give values as blocks of eight heights, lowest to highest; the median of neighbours where there are too many."""
    size = math.ceil(len(values) / width)
    shown = [statistics.median(values[i : i + size]) for i in range(0, len(values), size)]
    low, high = min(shown), max(shown)
    if high == low:
        return _BLOCKS[3] * len(shown)
    return "".join(_BLOCKS[round((v - low) / (high - low) * (len(_BLOCKS) - 1))] for v in shown)


def _moved(found: Sequence[Finding], enough: bool) -> str:
    if not found:
        return "Nothing moved." if enough else "There are too few values yet to tell whether anything moved."
    lines = []
    for finding in reversed(found):
        lines.append(f"{words.capital(finding.headline)} ({finding.occasion.time[:10]})")
        for part in finding.parts:
            lines.append(f"  {'▼' if part.worse else '▲'} {part.past.track.name}: {part.sentence}")
        lines += [f"    {note}" for note in finding.notes]
    return "\n".join(lines)


def _series(past: Past) -> str:
    track, kind = past.track, past.track.kind
    n = len(past.values)
    first, last = track.readings[0].occasion.name, track.readings[-1].occasion.name
    under = f" ({kind.workload})" if kind.workload else ""
    lines = [
        f"{kind.title}{under}, {kind.better} is better, on {track.machine_name}",
        f"  {sparkline(past.values)}  {_range(past)}",
        f"  {words.count(n, 'value')}, {first} to {last}; {past.basis}",
    ]
    if not past.enough:
        lines.append("  too few values to tell a change")
    for moved in past.moved:
        where = track.readings[moved.change.index].occasion.name
        lines.append(
            f"  {moved.change.index:>4}  {where}: {words.number(moved.change.before)} → "
            f"{words.number(moved.change.after)}, {moved.fate}"
        )
    return "\n".join(lines)


def _range(past: Past) -> str:
    unit = past.unit
    return f"{words.number(min(past.values))} to {words.number(max(past.values))}{f' {unit}' if unit else ''}"
