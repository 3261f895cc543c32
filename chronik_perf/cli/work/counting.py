"""Carries out `perf instructions`: both versions are counted, compared, and what that can and cannot show is said."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chronik_perf.cli.saying import say
from chronik_perf.experiment import machine_lock
from chronik_perf.experiment.counting import CountingPlan, Valgrind, count
from chronik_perf.model import SIDES, Side, Target
from chronik_perf.model.instructions import CountedRun
from chronik_perf.report.terminal import printable, wrapped
from chronik_perf.sampling.machine import choose_cores
from chronik_perf.stats import instructions as stats
from chronik_perf.stats import words
from chronik_perf.store import reading
from chronik_perf.store.document import without_secrets
from chronik_perf.targets import find

_FUNCTIONS = 8


@dataclass(frozen=True, slots=True)
class _Result:
    targets: tuple[Target, Target]
    plan: CountingPlan
    valgrind: str
    sides: tuple[stats.PerMessage, stats.PerMessage]
    change: stats.Change
    functions: list[stats.FunctionChange]
    restless: list[str]


def carry_out(
    base: tuple[str, dict[str, str]],
    candidate: tuple[str, dict[str, str]],
    messages: int,
    repeats: int,
    as_json: Path | None,
    wait: bool,
    command: str,
) -> None:
    """Count two versions, each a name and its overrides, and print what was found.

    Raises BadInput for a version that there is not, and MeasurementFailed where valgrind is missing, a broker fails, or
    the disk does not take the file.
    """
    found = find(*base), find(*candidate)
    for one in found:
        one.require_start("perf instructions")
    valgrind = Valgrind.find()
    plan = CountingPlan(short=messages // 5, long=messages, repeats=repeats)
    core, _, _ = choose_cores()
    with machine_lock(wait, say), _folder() as folder:
        targets = found[0].target(say), found[1].target(say)
        runs = list(count(targets, plan, valgrind, folder, core, say))
    result = _result(targets, plan, valgrind, runs)
    # Printed first: it took minutes, and nothing that may be wrong with the file is to lose it.
    print(printable("\n".join(_lines(result))), flush=True)
    if as_json is not None:
        _write(as_json, result, runs, command)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder for data and logs; where a broker failed, its log stays, because the sentence on it names it."""
    path = Path(tempfile.mkdtemp(prefix="chronik-perf-instructions-"))
    try:
        yield path
    except Exception:
        for made in path.iterdir():
            if made.is_dir():
                shutil.rmtree(made, ignore_errors=True)
            elif made.stat().st_size == 0:
                made.unlink()
        with contextlib.suppress(OSError):  # a log is left
            path.rmdir()
        raise
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    shutil.rmtree(path, ignore_errors=True)


def _result(
    targets: tuple[Target, Target], plan: CountingPlan, valgrind: Valgrind, runs: list[CountedRun]
) -> _Result:
    base, candidate = (_per_message(plan, [r for r in runs if r.side == side]) for side in SIDES)
    before, after = (_by_function(plan, runs, side) for side in SIDES)
    functions = stats.grown(before, after, _FUNCTIONS)
    restless = [
        t.name for t, s in zip(targets, SIDES, strict=True) if any(not r.rested for r in runs if r.side == s)
    ]
    return _Result(
        targets, plan, valgrind.version, (base, candidate), stats.change(base, candidate), functions, restless
    )


def _lengths(plan: CountingPlan, runs: list[CountedRun]) -> tuple[list[CountedRun], list[CountedRun]]:
    served = [r for r in runs if r.idle_s == 0]
    return [r for r in served if r.messages == plan.short], [r for r in served if r.messages == plan.long]


def _per_message(plan: CountingPlan, runs: list[CountedRun]) -> stats.PerMessage:
    short, long = _lengths(plan, runs)
    (left_alone,) = (r for r in runs if r.idle_s)
    shortest = float(np.mean([r.instructions for r in short]))
    return stats.per_message(
        [r.instructions for r in short],
        [r.instructions for r in long],
        (plan.short, plan.long),
        ([r.load_s for r in short], [r.load_s for r in long]),
        (left_alone.instructions - shortest) / left_alone.idle_s,
    )


def _by_function(plan: CountingPlan, runs: list[CountedRun], side: Side) -> dict[str, float]:
    short, long = _lengths(plan, [r for r in runs if r.side == side])
    names = {name for r in (*short, *long) for name in r.by_function}
    return {
        name: float(
            np.mean([r.by_function.get(name, 0) for r in long])
            - np.mean([r.by_function.get(name, 0) for r in short])
        )
        / (plan.long - plan.short)
        for name in names
    }


def _lines(result: _Result) -> Iterator[str]:
    base, candidate = result.targets
    change = result.change
    yield from wrapped(_headline(result))
    yield ""
    width = max(len(base.name), len(candidate.name), len("change"))
    for target, side in zip(result.targets, result.sides, strict=True):
        yield (
            f"  {target.name:<{width}}  {side.mean:>10,.0f} instructions per message, "
            f"± {words.percent(side.spread, 2)} over {words.count(len(side.repeats), 'repeat')}; "
            f"timers at most {side.timers:,.0f} of them"
        )
    low, high = (words.percent(x, 2, signed=True) for x in (change.low, change.high))
    yield f"  {'change':<{width}}  {words.percent(change.estimate, 2, signed=True):>10} ({low} to {high}, 99 %)"
    yield ""
    yield f"  load: {result.plan.describe()}"
    yield f"  hash seed {result.plan.hash_seed}, {result.valgrind} with cachegrind, caches not simulated"
    yield from wrapped(_sees(change), "  ")
    yield from wrapped(
        "It is blind to waiting: a commit that waits 10 ms costs no instructions. Nor does it see the kernel's work "
        "(a write, a sync) or how fast an instruction runs. perf compare sees all of these.",
        "  ",
    )
    for name in result.restless:
        yield f"  {name} still worked long after its load; what it had left to do is not counted."
    if change.differs:
        yield ""
        yield "  native functions that differ most, instructions per message (a Python broker's own functions run in"
        yield "  the interpreter's):"
        for f in result.functions:
            # What only starting calls differs by less than one, and must not read "-0".
            before, after = (max(0.0, v) for v in (f.base, f.candidate))
            yield f"    {f.difference:>+10,.0f}  {before:>10,.0f} → {after:<10,.0f}  {f.name}"
    yield ""
    yield "  Evidence, which decides nothing: the exit code is 0 whatever was counted."


def _headline(result: _Result) -> str:
    base, candidate = result.targets
    change = result.change
    if not change.differs:
        return (
            f"{candidate.name} and {base.name}: no difference in instructions per message beyond "
            f"{words.percent(change.resolution, 2)}, which is what these repeats can tell."
        )
    verb = "more" if change.estimate > 0 else "fewer"
    return (
        f"{candidate.name} executes {words.percent(abs(change.estimate), 1)} {verb} instructions per message "
        f"than {base.name}."
    )


def _sees(change: stats.Change) -> str:
    sees = f"It sees CPU work: these repeats could tell a change of {words.percent(change.resolution, 2)}"
    if change.resolution > 0.001:
        return f"{sees}; more of them (--repeats) and longer runs (--messages) see less, down to about 0.1 %."
    return f"{sees}."


def _write(path: Path, result: _Result, runs: list[CountedRun], command: str) -> None:
    document: dict[str, Any] = {
        "schema_version": 1,
        "command": command,
        "valgrind": result.valgrind,
        "load": result.plan.describe(),
        "plan": dataclasses.asdict(result.plan),
        "change": {**dataclasses.asdict(result.change), "differs": result.change.differs},
        "runs": [dataclasses.asdict(run) for run in runs],
    }
    for side, target, one in zip(SIDES, result.targets, result.sides, strict=True):
        document[side] = {
            "target": dataclasses.asdict(without_secrets(target)),
            "instructions_per_message": one.mean,
            "repeats": one.repeats.tolist(),
            "spread": one.spread,
            "timers_at_most": one.timers,
        }
    document["functions"] = [dataclasses.asdict(f) for f in result.functions]
    reading.write(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
