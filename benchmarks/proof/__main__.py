"""python -m benchmarks.proof [--short]: makes every table and writes docs/proof.md; `record` and `add` grow the data.

--short draws few comparisons, prints the page and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.proof import page, record, tables
from benchmarks.proof.dataset import DATA
from chronik_perf.model import BadInput, MeasurementFailed


def main(arguments: list[str] | None = None) -> int:
    """Do what is asked for; 0 if it was done, 2 for what cannot be, 4 if measuring failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.proof",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="a few comparisons of each kind, in seconds")
    parser.add_argument("--out", type=Path, help="write the page here instead")
    parser.add_argument("--data", type=Path, default=DATA, help="another folder than benchmarks/data")
    commands = parser.add_subparsers(dest="command")
    record.parser(commands)
    given = parser.parse_args(arguments)
    try:
        if given.command == "record":
            record.record(given, given.data)
        elif given.command == "add":
            record.add_folders(given, given.data)
        else:
            _make(given)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    except MeasurementFailed as error:
        print(error, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("interrupted; what was added stays", file=sys.stderr)
        return 130
    return 0


def _make(given: argparse.Namespace) -> None:
    made = tables.make(
        given.data,
        tables.SHORT if given.short else tables.FULL,
        lambda said: print(said, file=sys.stderr, flush=True),
    )
    if given.out is not None or not given.short:
        path = given.out or page.PAGE
        page.write(made, path)
        print(f"written: {path}")
    else:
        print(page.render(made))


if __name__ == "__main__":
    sys.exit(main())
