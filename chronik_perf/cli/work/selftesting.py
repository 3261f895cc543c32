"""Carries out `perf selftest`: a comparison for each fault of the bank, and a table of what was found and named."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from chronik_perf.cli.saying import say
from chronik_perf.cli.work import comparing
from chronik_perf.cli.work.tables import add_row, print_table
from chronik_perf.files import write_whole
from chronik_perf.model import BadInput, Comparison, MeasurementFailed
from chronik_perf.stats import judge
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.causes.worse import worse
from chronik_perf.stats.counted.durability import is_hasty
from chronik_perf.store import RunFolder
from chronik_perf.targets.bank import BankedFault, banked_faults

# The release that each fault is switched on in, and that each is compared with.
VERSION = "v2.2.0"
SHORT_S = 90.0
ITSELF = "itself"


@dataclass(frozen=True, slots=True)
class Score:
    """What one comparison came to. `named` are culprits in order, such as "stage commit_wait".

    `findings` are what got worse without a word of its own, such as "descriptors"; those count as detected, too.
    """

    fault: str
    strength: float
    outcome: str
    regressed: tuple[str, ...]
    findings: tuple[str, ...]
    detected: bool
    right_metric: bool | None
    named: tuple[str, ...]
    declared: str
    failed: str = ""

    @property
    def named_first(self) -> bool:
        """Tell whether what the fault declares was named before anything else."""
        kind, _, function = self.declared.partition(" ")
        first, _, name = "".join(self.named[:1]).partition(" ")
        # A profiler may tell the class as well: Logger.info is info.
        return first == kind and (name == function or name.endswith(f".{function}"))


def carry_out(
    names: Sequence[str] | None,
    share: float,
    against_itself: int,
    budget_s: float,
    out: Path | None,
    seed: int | None,
    wait: bool,
) -> None:
    """Measure one after the other, write selftest.json after each, and print the table; None for all faults.

    A comparison that fails is a row that says why. Raises BadInput for a fault that there is not.
    """
    asked = _asked(names, banked_faults())
    folder = RunFolder.create(out, VERSION, "selftest", resumable=False).path
    scores: list[Score] = []
    for fault in (*asked, *[None] * against_itself):
        n = len(scores) + 1
        say(f"{fault.key if fault else ITSELF}, {n} of {len(asked) + against_itself}")
        scores.append(
            _score(fault, share, budget_s, folder / f"{n:02d}", None if seed is None else seed + n, wait)
        )
        document = [dataclasses.asdict(score) for score in scores]
        write_whole(folder / "selftest.json", json.dumps(document, indent=2) + "\n")
    _print(scores)
    print(f"\nall runs: {folder}")


def _asked(names: Sequence[str] | None, bank: tuple[BankedFault, ...]) -> tuple[BankedFault, ...]:
    if names is None:
        return bank
    by_name = {fault.key.rpartition(".")[2]: fault for fault in bank}
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(by_name)}"
            raise BadInput(f"the bank has no fault {name!r}; {hint}")
    return tuple(by_name[name] for name in names)


def _score(
    fault: BankedFault | None, share: float, budget_s: float, out: Path, seed: int | None, wait: bool
) -> Score:
    strength = fault.full * share if fault else 0.0
    overrides = {fault.key: f"{strength:.6f}".rstrip("0").rstrip(".")} if fault else {}
    name, declared = (fault.key, fault.culprit) if fault else (ITSELF, "")
    quick = budget_s <= SHORT_S
    try:
        with comparing.begun(
            (VERSION, {}),
            (VERSION, overrides),
            comparing.workloads(quick, None),
            comparing.design(quick, seed, None, None, {}, budget_s),
            None,
            out,
            None,
            False,
            wait,
            "perf selftest",
            None,
        ) as job:
            comparison = comparing.measured(job, profiles=True)
    except MeasurementFailed as error:
        # One run that fails says nothing of the others, and is no detection.
        return Score(name, strength, "failed", (), (), False, None, (), declared, str(error))
    return _judged(comparison, fault, name, strength, declared)


def _judged(
    comparison: Comparison, fault: BankedFault | None, name: str, strength: float, declared: str
) -> Score:
    verdict = judge(comparison)
    regressed = tuple(f"{r.metric}@{r.workload}" for r in verdict.rows if r.word == "regressed")
    by_word = {key.partition("@")[0] for key in regressed}
    hasty = ["early_acks"] * is_hasty(comparison, "candidate")
    found = tuple(name for name in (*worse(comparison, verdict), *hasty) if name not in by_word)
    moved = {*by_word, *found}
    return Score(
        fault=name,
        strength=strength,
        outcome=verdict.outcome,
        regressed=regressed,
        findings=found,
        detected=bool(moved),
        right_metric=bool(moved & {*fault.moves}) if fault and moved else None,
        named=tuple(f"{c.kind} {c.name}" for c in culprits(comparison, verdict)),
        declared=declared,
    )


def _print(scores: Sequence[Score]) -> None:
    table = Table("fault", "strength", "found", "right metric", "named first", "declared", box=None)
    for s in scores:
        found = ", ".join(s.regressed[:2] or [f"{f} (a finding)" for f in s.findings[:2]]) or s.failed or "no"
        right = "" if s.right_metric is None else "yes" if s.right_metric else "no"
        add_row(table, s.fault, f"{s.strength:g}", found, right, (s.named or ("-",))[0], s.declared)
    print_table(table, width=160)
    for line in _summary(scores):
        print(line)


def _summary(scores: Sequence[Score]) -> Iterator[str]:
    faults = [s for s in scores if s.fault != ITSELF]
    if faults:
        detected = [s for s in faults if s.detected]
        alone = sum(not s.regressed for s in detected)
        yield (
            f"\ndetected {len(detected)} of {len(faults)} ({alone} by a finding alone); right metric in "
            f"{sum(s.right_metric is True for s in faults)}; named first in {sum(s.named_first for s in faults)}"
        )
    against = [s for s in scores if s.fault == ITSELF]
    if against:
        yield (
            f"against itself: {sum(bool(s.regressed) for s in against)} of {len(against)} called slower, "
            f"{sum(bool(s.findings) for s in against)} with a finding, "
            f"{sum(bool(s.named) for s in against)} with a culprit named"
        )
