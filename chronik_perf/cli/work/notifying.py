"""What `perf gate` tells the CI system in whose job it runs, beside the report: annotations, a summary, outputs."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from chronik_perf.cli.workflow import heard, is_github
from chronik_perf.files import write_whole
from chronik_perf.model import Comparison, MeasurementFailed, PerfError, Verdict
from chronik_perf.report import github, markdown

_PAGE = "summary.md"


def told(comparison: Comparison, verdict: Verdict) -> None:
    """Annotate the job, write its summary and its outputs, where this is a job of GitHub Actions."""
    if not is_github():
        return
    _annotate(github.render(comparison, verdict))
    _append("GITHUB_STEP_SUMMARY", markdown.render(comparison, verdict))
    _append("GITHUB_OUTPUT", f"outcome={verdict.outcome}\n")


def failure(error: PerfError, out: Path | None) -> None:
    """Do the same where there is no verdict, so that no page stays empty or keeps an older verdict.

    A folder that was named gets its summary.md, unless the call was wrong: then it may be anybody's.
    """
    begun = isinstance(error, MeasurementFailed)
    page = markdown.failure(begun, str(error))
    if begun and out is not None and not (out / _PAGE).exists():
        with contextlib.suppress(OSError):  # a full disk may be the very failure that is told
            write_whole(out / _PAGE, page)
    if is_github():
        _annotate(github.failure(str(error)))
        _append("GITHUB_STEP_SUMMARY", page)
        _append("GITHUB_OUTPUT", "outcome=failed\n")


def forget_failure(out: Path | None) -> None:
    """Take away the page that `failure` has left in a folder, if nothing else lies there: the call may be repeated."""
    if out is not None:
        with contextlib.suppress(OSError, UnicodeDecodeError):  # not there, or not ours: then it stays
            if [file.name for file in out.iterdir()] == [_PAGE]:
                page = out / _PAGE
                if markdown.tells_failure(page.read_text(encoding="utf-8")):
                    page.unlink()


def _annotate(commands: str) -> None:
    with heard(), contextlib.suppress(BrokenPipeError):  # the files are written, whoever reads our output
        print(commands, end="", flush=True)


def _append(variable: str, text: str) -> None:
    """Append to the file that the runner names in a variable; the verdict does not hang on it."""
    if name := os.environ.get(variable):
        with contextlib.suppress(OSError), open(name, "a", encoding="utf-8") as file:
            file.write(text)
