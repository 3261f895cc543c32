"""Writes docs/proof.md from the tables; nothing on that page is typed by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.proof import false_alarms, figures, power, rivals, speed
from benchmarks.proof.tables import Tables
from chronik_perf.files import write_whole

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "proof.md"
TEMPLATE = "proof.md.j2"


def percent(share: float, places: int = 1) -> str:
    """Give a share as a percentage; a small one with the figures that it needs, and 0 as 0."""
    if not math.isfinite(share):
        return "–"
    if share != 0 and abs(share) * 100 < 0.5 * 10**-places:
        return f"{share * 100:.1g} %".replace("-", "−")
    return f"{share * 100:.{places}f} %".replace("-", "−")


def blocks(value: float | None) -> str:
    """Give a number of blocks; what is never reached is a dash."""
    return "–" if value is None or not math.isfinite(value) else f"{value:g}"


def seconds(value: float | None) -> str:
    """Give seconds without a fraction."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.0f} s"


def render(tables: Tables, drawn: Sequence[str] = ()) -> str:
    """Give the page; `drawn` names the figures that stand beside it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, made of our own numbers
    )
    environment.filters.update(percent=percent, blocks=blocks, seconds=seconds, zip=zip)
    text = environment.get_template(TEMPLATE).render(
        t=tables,
        figures=tuple(drawn),
        power_figure=figures.POWER,
        rules_figure=figures.RULES,
        looks=false_alarms.BLOCKS,
        loose=false_alarms.LOOSE_ERROR,
        multiples=power.MULTIPLES,
        most=speed.MOST_BLOCKS,
        losses=rivals.LOSSES,
    )
    # Empty lines between the rows of a table would end it.
    return re.sub(r"(\|\n)\n+(?=\|)", r"\1", re.sub(r"\n{3,}", "\n\n", text)).rstrip() + "\n"


def write(tables: Tables, path: Path = PAGE) -> None:
    """Write the figures and the page, each whole or not at all."""
    drawn = figures.write(path.parent, tables.curves, tables.replays)
    write_whole(path, render(tables, drawn))
