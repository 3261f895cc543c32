"""Tables for a terminal, whose cells are told as they are: names come from files and from brokers."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from chronik_perf.printing import one_line


def add_row(table: Table, *cells: str) -> None:
    """Add a row of cells that may hold anything."""
    table.add_row(*map(one_line, cells))


def print_table(table: Table, width: int | None = None) -> None:
    """Print a table as wide as the terminal, or as is said; a pipe gets whole lines."""
    # What is cut to fit a screen that is not there helps nobody.
    wide = width or (None if Console().is_terminal else 200)
    # To rich `[/tmp]` in a command would be markup, and `:x:` a picture.
    Console(markup=False, emoji=False, highlight=False, width=wide).print(table)
