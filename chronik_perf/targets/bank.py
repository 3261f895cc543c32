"""The faults that the reference broker can be given, as it tells them itself; nothing here knows one."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass

from chronik_perf.environment import passed
from chronik_perf.model import MeasurementFailed
from chronik_perf.targets.release import PROGRAM, own_environment

_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class BankedFault:
    """One fault: its setting, the strength at which it is in full swing, what it moves, and what is to be named."""

    key: str
    full: float
    moves: tuple[str, ...]
    culprit: str


def banked_faults() -> tuple[BankedFault, ...]:
    """Ask the reference broker beside this toolkit. Raises MeasurementFailed where it does not tell."""
    try:
        done = subprocess.run(
            [*PROGRAM, "faults"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
            stdin=subprocess.DEVNULL,
            env={**passed(), **own_environment()},
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return tuple(
            BankedFault(one["key"], float(one["full"]), tuple(one["moves"]), one["culprit"]) for one in lines
        )
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise MeasurementFailed(
            f"the reference broker does not tell its faults (python -m broker faults): {error}"
        ) from None
