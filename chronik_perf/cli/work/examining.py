"""Carries out `perf doctor`: the machine's checks, the reference broker against itself, and what follows from both."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chronik_perf.cli.saying import say
from chronik_perf.cli.work.display import Display
from chronik_perf.experiment import choose_place, machine_lock
from chronik_perf.experiment.checkup import Checkup, check_up
from chronik_perf.experiment.plan import QUICK
from chronik_perf.experiment.prognosis import Prognosis, prognoses
from chronik_perf.leash import Child
from chronik_perf.load.clients import client_versions
from chronik_perf.model import BadInput, MeasurementFailed, Unavailable
from chronik_perf.sampling.doctor import Advice, Check, Gain, examine
from chronik_perf.store import RunFolder, reading, save
from chronik_perf.sut.environment import broker_environment
from chronik_perf.targets import resolve

# By its whole name: a repository around may have a tag that is called so.
REFERENCE = "release:v2.2.0"
# The checks take a sixth of the time, and no more than it takes to see bursts of a neighbour.
_SHARE, _MOST_S = 1 / 6, 12.0
_PROFILERS_S = 4.0
_CLOSING_S = 5.0  # the simulation of what is detectable
_SLEEPER = "import time\nwhile True: time.sleep(0.01)"


def carry_out(
    budget_s: float,
    out: Path | None,
    machine_only: bool,
    data_dir: Path | None,
    keep: Path | None,
    wait: bool,
) -> int:
    """Measure, print, write; give 0. Raises MeasurementFailed where the broker could not be measured."""
    with machine_lock(wait, say), _folder(data_dir) as folder:
        checks = []
        machine_s = min(_SHARE * budget_s, _MOST_S)
        say("looking at the machine")
        with _sleeper(folder) as pid:
            for check in examine(folder, machine_s, pid):
                checks.append(check)
                print(f"{check.state:<12} {check.name:<15} {check.said}", flush=True)
        found: Prognosis | Unavailable = Unavailable("the broker was not measured, as --machine-only asked")
        if not machine_only:
            found = _broker(folder, budget_s - machine_s - _PROFILERS_S - _CLOSING_S, keep)
    for line in _conclusion(found):
        print(line)
    advice = _advice(checks, found)
    if advice:
        print("To do better, by what gains most:")
        for number, one in enumerate(advice, 1):
            print(f"  {number}. {one.change}")
    if out is not None:
        reading.write(out, json.dumps(_document(checks, found, advice), indent=2, ensure_ascii=False) + "\n")
    if isinstance(found, Unavailable) and not machine_only:
        raise MeasurementFailed(f"what can be detected here is not known: {found.reason}")
    return 0


def _broker(folder: Path, seconds: float, keep: Path | None) -> Prognosis | Unavailable:
    """Compare the reference broker with itself; what keeps it from that is a finding, not the end."""
    clients = client_versions()
    say(f"comparing {REFERENCE} with itself")
    try:
        # A sync that is free was warned of above.
        place = choose_place(folder / "data", folder / "logs", QUICK, allow_tmpfs=True, clients=clients)
        with Display() as display:
            checkup: Checkup = check_up(
                resolve(REFERENCE), place, seconds, secrets.randbelow(2**31), display.progress
            )
    except MeasurementFailed as error:
        return Unavailable(str(error))
    if keep is not None:
        say(f"the blocks are kept in {_kept(checkup, keep)}")
    return prognoses(checkup)


def _kept(checkup: Checkup, parent: Path) -> Path:
    """Save the A/A as a run of its own, named by the time at which it began."""
    comparison = checkup.comparison
    stamp = comparison.started_at.replace(":", "")[:17]
    name = comparison.base.name
    run = RunFolder.create(parent / f"{stamp}-{name}-doctor-{os.getpid()}", name, name)
    save(comparison, run.path)
    return run.path


def _conclusion(found: Prognosis | Unavailable) -> Iterator[str]:
    if isinstance(found, Unavailable):
        yield f"What can be detected here is unavailable: {found.reason}."
        return
    yield ""
    yield found.sentence
    yield from found.details


def _advice(checks: list[Check], found: Prognosis | Unavailable) -> list[Advice]:
    """Put advice in order: by rank, and of one rank in the order of the checks."""
    told = [a for c in checks for a in c.advice]
    if isinstance(found, Prognosis) and found.more_time:
        told.append(Advice(found.more_time, Gain.SOME_NOISE))
    return sorted(told, key=lambda a: -a.gain)


def _document(checks: list[Check], found: Prognosis | Unavailable, advice: list[Advice]) -> dict[str, Any]:
    return {
        "schema": 1,
        "checks": [_plain(c) for c in checks],
        "detectable": _plain(found),
        "advice": [a.change for a in advice],
    }


def _plain(value: Any) -> Any:
    """Turn dataclasses into JSON; what is unavailable says so where the number would stand."""
    if isinstance(value, Unavailable):
        return {"unavailable": value.reason}
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


@contextlib.contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    """Make a folder of our own on the disk in question, and take it away again. Raises BadInput if it cannot be."""
    parent = data_dir or Path()
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"perf-doctor-{os.getpid()}-", dir=parent)).resolve()
    except OSError as error:
        raise BadInput(
            f"cannot make a folder in {parent}: {error.strerror}; name one that exists and may be written to "
            "with --data-dir"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _sleeper(folder: Path) -> Iterator[int]:
    """Run a Python program that sleeps, with the parent that a broker has, for the profiler to attach to."""
    child = Child(
        [sys.executable, "-S", "-c", _SLEEPER],
        env=broker_environment({}, 0),
        core=None,
        log_path=folder / "sleeper.log",
    )
    try:
        yield child.pid
    finally:
        child.kill()
