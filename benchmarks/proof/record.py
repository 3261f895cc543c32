"""`record`: runs real comparisons through the command line, one after the other, and adds each to the data set.

Each comparison is added when it is whole, so one may stop at any time and go on later; one that was interrupted counts
for nothing. One that failed is added without blocks, so that failures are counted too.
"""

from __future__ import annotations

import argparse
import datetime
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.proof.dataset import AA, Row, add
from benchmarks.proof.rows import comparison_line, start_lines
from chronik_perf.model import BadInput
from chronik_perf.stats import judge
from chronik_perf.store import load

# Longer than any design takes; a comparison that hangs must not hold the record up for ever.
LONGEST_S = 1800.0
STOPPING_S = 60.0
_BESIDE = "what else ran on the machine meanwhile, as far as you know; empty if nothing"
OUTCOMES = {0: "no regression", 1: "regression", 3: "inconclusive", 4: "measurement failed"}


def parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that grow the data set."""
    record = commands.add_parser("record", help="run comparisons and add them to the data set")
    record.add_argument(
        "--comparisons", type=int, default=1, help="how many, one after the other  [default: 1]"
    )
    record.add_argument("--seconds", type=float, help="begin none after so many seconds")
    record.add_argument("--base", default="v2.2.0")
    record.add_argument("--candidate", default="v2.2.0")
    record.add_argument(
        "--set-candidate", action="append", default=[], metavar="KEY=VALUE", help="repeatable"
    )
    record.add_argument("--label", help="what is known of the candidate; A/A where both sides are the same")
    record.add_argument(
        "--workload", action="append", default=[], help="repeatable; else those of the default"
    )
    record.add_argument("--quick", action="store_true")
    record.add_argument("--blocks", type=int, help="at most so many blocks a comparison")
    record.add_argument("--budget", help="time for each, such as 3m; else the default of perf compare")
    record.add_argument("--profiles", action="store_true", help="take profiles too, as a user's run does")
    record.add_argument("--threshold", action="append", default=[], metavar="METRIC=X", help="repeatable")
    record.add_argument("--beside", default="", help=_BESIDE)
    adding = commands.add_parser("add", help="add the folders of runs that there are already")
    adding.add_argument("folders", nargs="+", type=Path)
    adding.add_argument("--label", help="what is known of the candidate; A/A where both sides are the same")
    adding.add_argument("--beside", default="", help=_BESIDE)


def label_of(asked: str | None, alike: bool) -> str:
    """Give the label of a comparison. Raises BadInput where it cannot be known, or contradicts what was measured."""
    if alike and asked not in (None, AA):
        raise BadInput(f"both sides are the same version, so the label is {AA}, not {asked}")
    if not alike and asked in (None, AA):
        raise BadInput(
            "the sides differ, so say what is known of the candidate with --label, such as 'regression: v2.2.7'"
        )
    return asked or AA


def add_folders(given: argparse.Namespace, data: Path) -> None:
    """Add runs that are there already; their verdict is worked out anew."""
    for folder in given.folders:
        comparison = load(folder)
        label = label_of(given.label, comparison.base.name == comparison.candidate.name)
        run = f"{comparison.started_at}-{comparison.design.seed}"
        add(data, comparison_line(comparison, run, label, None, given.beside), start_lines(comparison, run))
        print(f"{folder}: {len(comparison.blocks)} blocks added as {run}")


def record(given: argparse.Namespace, data: Path) -> None:
    """Run the comparisons; print a line for each and a count at the end."""
    label = label_of(given.label, given.base == given.candidate and not given.set_candidate)
    if given.comparisons < 1:
        raise BadInput(f"--comparisons is {given.comparisons}; at least 1 is needed")
    begun = time.monotonic()
    count: Counter[int] = Counter()
    for number in range(1, given.comparisons + 1):
        if given.seconds is not None and time.monotonic() - begun >= given.seconds:
            print(f"{given.seconds:.0f} s are over: {number - 1} of {given.comparisons} were run")
            break
        with tempfile.TemporaryDirectory(prefix="proof-record-", dir=".") as scratch:
            folder = Path(scratch) / "run"
            started, code, said = _compare(given, folder)
            # 2 is a wrong command and 130 an interrupt; neither is an outcome.
            if code not in OUTCOMES:
                raise BadInput(f"perf compare ended with {code}: {said}")
            count[code] += 1
            told = _add_one(data, folder, started, code, label, said, given)
        print(f"comparison {number}: {OUTCOMES[code]}. {told}", flush=True)
    print("; ".join(f"{OUTCOMES[code]}: {times}" for code, times in sorted(count.items())))


def _compare(given: argparse.Namespace, folder: Path) -> tuple[str, int, str]:
    """Run one comparison; give when it began, its exit code and the last line of what it told."""
    command = [
        sys.executable,
        "-m",
        "chronik_perf",
        "compare",
        given.base,
        given.candidate,
        "--out",
        str(folder),
    ]
    command += [f"--workload={name}" for name in given.workload]
    command += [f"--set-candidate={pair}" for pair in given.set_candidate]
    command += [f"--threshold={pair}" for pair in given.threshold]
    command += ["--quick"] * given.quick + ["--wait"]
    command += [f"--budget={given.budget}"] * (given.budget is not None)
    command += ["--no-profiles"] * (not given.profiles)
    command += [f"--blocks={given.blocks}"] * (given.blocks is not None)
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        try:
            _, err = child.communicate(timeout=LONGEST_S)
        except BaseException as error:
            child.send_signal(signal.SIGINT)  # the toolkit stops its brokers itself
            try:
                child.communicate(timeout=STOPPING_S)
            except subprocess.TimeoutExpired:
                child.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                raise BadInput(f"{shlex.join(command)} did not end within {LONGEST_S:.0f} s") from None
            raise
    last = (err.strip().splitlines() or [""])[-1]
    return started, child.returncode, last


def _add_one(
    data: Path, folder: Path, started: str, code: int, label: str, said: str, given: argparse.Namespace
) -> str:
    """Add what was measured, or that nothing was; give the sentence that says how it came out."""
    if code != 4:
        comparison = load(folder)
        run = f"{comparison.started_at}-{comparison.design.seed}"
        add(data, comparison_line(comparison, run, label, code, given.beside), start_lines(comparison, run))
        return judge(comparison, evidence=False).headline
    line: Row = {
        "run": f"{started}-failed",
        "label": label,
        "beside": given.beside,
        "base": given.base,
        "candidate": given.candidate,
        "started_at": started,
        "outcome": "failed",
        "exit_code": code,
        "error": said,
    }
    add(data, line, [])
    return said
