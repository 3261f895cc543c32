"""The command line: one file a command. Each parses, calls, prints, and maps what happened to an exit code.

Exit codes: 0 no regression, 1 regression (from a computed verdict and from nowhere else), 2 bad usage,
3 inconclusive, 4 the measurement failed, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import Any

import typer

from chronik_perf.cli.baseline import app as baseline
from chronik_perf.cli.bench import bench
from chronik_perf.cli.bisect import bisect
from chronik_perf.cli.cache import app as cache
from chronik_perf.cli.compare import compare
from chronik_perf.cli.doctor import doctor
from chronik_perf.cli.explain import explain
from chronik_perf.cli.gate import gate
from chronik_perf.cli.history import app as history
from chronik_perf.cli.init import init
from chronik_perf.cli.instructions import instructions
from chronik_perf.cli.report import report
from chronik_perf.cli.saying import unforeseen
from chronik_perf.cli.selftest import selftest
from chronik_perf.cli.targets import targets
from chronik_perf.cli.workflow import unheard
from chronik_perf.model import BadInput, PerfError

EXIT_OK, EXIT_REGRESSION, EXIT_USAGE, EXIT_INCONCLUSIVE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 2, 3, 4, 130

# They build, and print for people what builds, brokers and settings say. What another command prints may be read by a
# program, to which the words for GitHub's runner would be none of its business.
_SHOW_OTHERS_WORDS = ("gate", "compare", "explain", "bisect", "instructions")

app = typer.Typer(
    name="perf",
    help="Finds performance regressions in log brokers, proves them and names their cause.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(compare)
app.command()(explain)
app.command()(gate)
app.command()(bisect)
app.command()(bench)
app.command()(report)
app.command()(instructions)
app.command()(doctor)
app.command()(selftest)
app.command()(targets)
app.command()(init)
app.add_typer(baseline)
app.add_typer(history)
app.add_typer(cache)


def main() -> None:
    """Run the program and exit with the documented code; never a traceback unless asked for."""
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(wanted) is not signal.SIG_IGN:  # nohup, and a shell's background jobs, mean it
            signal.signal(wanted, _interrupt)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; whatever goes wrong is one sentence on stderr."""
    with unheard() if arguments[:1] and arguments[0] in _SHOW_OTHERS_WORDS else contextlib.nullcontext():
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    program = "chronik-perf" if sys.argv[0].endswith("chronik-perf") else "perf"
    result: Any = EXIT_FAILED
    try:
        _check_folder()
        result = app(arguments, prog_name=program, standalone_mode=False)
        sys.stdout.flush()
        if result == EXIT_INTERRUPTED:  # what Typer makes of a KeyboardInterrupt
            _say(program, "interrupted", EXIT_INTERRUPTED)
        return result if isinstance(result, int) else EXIT_OK
    except BadInput as error:
        return _say(program, str(error), EXIT_USAGE)
    except PerfError as error:
        return _say(program, str(error), EXIT_FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _say(program, "interrupted", EXIT_INTERRUPTED)
    except typer.TyperException as error:
        said = error.format_message().rstrip()
        if said.startswith("Usage:"):  # a command without words gets its help, which is no sentence
            print(said, file=sys.stderr)
            return EXIT_USAGE
        said = said if said.endswith("?") else f"{said.rstrip('.')}."
        return _say(program, f"{said} See {program} --help.", EXIT_USAGE)
    except (BrokenPipeError, SystemExit):
        # The reader of our output has gone, for which Typer exits with 1, and 1 means a regression. There is nobody
        # left to tell, and the work is saved.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return result if isinstance(result, int) else EXIT_OK
    except Exception as error:
        if os.environ.get("CHRONIK_PERF_DEBUG"):
            raise
        return _say(program, unforeseen(error), EXIT_FAILED)


def _check_folder() -> None:
    # A path of the caller's may be relative to it, and git and every broker are started in it.
    try:
        os.getcwd()
    except OSError:
        raise BadInput("the current folder has been deleted; go to another one") from None


def _say(program: str, sentence: str, code: int) -> int:
    print(f"{program}: {sentence}", file=sys.stderr)
    return code


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    # A CI job that is cancelled gets what Ctrl-C gets: nothing left behind, what was measured kept. The clean-up is
    # short and bounded, and a second Ctrl-C must not cut it off.
    for heard in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(heard, signal.SIG_IGN)
    raise KeyboardInterrupt
