"""``python -m broker start`` and ``faults``: arguments in, an exit code out.

Exit codes: 0 stopped as asked, 2 bad usage, 4 the broker cannot run here.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import NoReturn

BAD_USAGE = 2
CANNOT_RUN = 4
DEFAULT_VERSION = "v2.2.8"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"broker: {message}", file=sys.stderr)
        raise SystemExit(BAD_USAGE)


def _port(text: str) -> int:
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, got {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m broker", description="A reference Kafka-compatible log broker.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    start = commands.add_parser("start", help="serve until SIGTERM; prints one JSON line when ready")
    start.add_argument("--data-dir", type=Path, required=True, help="where the log and the metadata live")
    start.add_argument("--host", default="127.0.0.1")
    start.add_argument("--port", type=_port, default=9092, help="0 means one that is free")
    start.add_argument("--metrics-port", type=_port, default=0, help="0, the default, means one that is free")
    start.add_argument("--version", default=DEFAULT_VERSION, help="a release, e.g. v2.2.7")
    start.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="override a value of the release"
    )
    commands.add_parser("faults", help="list the bank of faults, a line of JSON each")
    return parser


def _list_faults() -> None:
    from broker.faults.registry import NAMES, fault

    print("\n".join(json.dumps(fault(name).described(name), ensure_ascii=False) for name in NAMES))


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.command == "faults":
        _list_faults()
        return 0
    # Imported only now, so that a mistake on the command line is answered at once.
    from broker.config import ConfigError, load_config

    try:
        config = load_config(arguments.version, arguments.set)
    except ConfigError as error:
        print(f"broker: {error}", file=sys.stderr)
        return BAD_USAGE

    from broker.run import Options, StartError, run

    options = Options(
        arguments.version,
        config,
        arguments.data_dir,
        arguments.host,
        arguments.port,
        arguments.metrics_port,
    )
    try:
        run(options)
    except StartError as error:
        print(f"broker: {error}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
