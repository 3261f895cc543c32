"""Carries out `perf doctor --learn`: thresholds from the A/A comparisons that were recorded on one machine."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Sequence
from pathlib import Path

from chronik_perf.cli.saying import say
from chronik_perf.experiment.checkup import blocks_within
from chronik_perf.experiment.plan import DEFAULT, DEFAULT_BUDGET, default_design
from chronik_perf.model import BadInput, Calibration, Comparison, Learnt, Uncalibrated, metric
from chronik_perf.stats import Family, words
from chronik_perf.stats.planning.thresholds import aa_histories, is_aa, learn
from chronik_perf.store import load
from chronik_perf.store.calibration import SCHEMA, save_calibration
from chronik_perf.store.document import NAME


def carry_out(folder: Path, out: Path) -> int:
    """Learn from all A/A documents below a folder, write what was learnt, print it; give 0.

    Raises BadInput if there are none, or if they are of several machines.
    """
    calibration = learnt_from(_recorded(folder), folder)
    save_calibration(calibration, out)
    for name, one in calibration.learnt.items():
        of = metric(name.partition("@")[0])
        x = words.percent(one.threshold) if of.scale == "ratio" else words.quantity(one.threshold, of.unit)
        print(f"{name:<24} X = {x}, learnt from {one.blocks} blocks (the newest {one.held_back} not used)")
    for name, why in calibration.uncalibrated.items():
        print(f"{name:<24} uncalibrated: {why.reason}")
    print(f"Written to {out}; use it with: perf compare --thresholds {out}")
    return 0


def learnt_from(comparisons: Sequence[Comparison], folder: Path) -> Calibration:
    """Learn each test's threshold for the default budget and all default workloads, which share the error.

    Raises BadInput if the comparisons are of several machines.
    """
    machines = {c.environment.fingerprint for c in comparisons}
    if len(machines) > 1:
        raise BadInput(
            f"{folder} holds A/A comparisons of {len(machines)} machines ({', '.join(sorted(machines))}); "
            "thresholds are learnt for one at a time, so give each a folder of its own"
        )
    design = default_design(False, 0)
    family = Family.of(design, DEFAULT)
    blocks = _budget_blocks(comparisons, design.blocks)
    found = {
        f"{m.name}@{w.name}": learn(m, history, blocks, family.one_way)
        for (m, w), history in aa_histories(comparisons).items()
    }
    return Calibration(
        schema_version=SCHEMA,
        fingerprint=machines.pop(),
        learnt_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        comparisons=len(comparisons),
        budget_blocks=blocks,
        family_error=design.family_error,
        learnt={k: v for k, v in found.items() if isinstance(v, Learnt)},
        uncalibrated={k: v for k, v in found.items() if isinstance(v, Uncalibrated)},
    )


def _recorded(folder: Path) -> list[Comparison]:
    """Read all documents below a folder and keep the A/A; what cannot be read is an error, not a gap."""
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder; give one that holds runs of perf compare")
    found = [load(file) for file in sorted(folder.rglob(NAME))]
    kept = [c for c in found if is_aa(c) and c.kept_blocks]
    if not kept:
        raise BadInput(
            f"{folder} holds {words.count(len(found), 'run')} and none of a version against itself; "
            "make some with: perf compare v2.2.0 v2.2.0"
        )
    if len(kept) < len(found):
        say(f"{len(found) - len(kept)} of {len(found)} runs are not A/A and teach nothing")
    # A run that was copied is one run: counted twice it would make the history longer than it is.
    once = {(c.started_at, c.design.seed): c for c in sorted(kept, key=lambda c: len(c.blocks))}
    if len(once) < len(kept):
        say(f"{len(kept) - len(once)} runs are copies of others and count once")
    return list(once.values())


def _budget_blocks(comparisons: Sequence[Comparison], most: int) -> int:
    """Give how many blocks of the recorded length the default budget has time for."""
    seconds = [(c.decided_s if c.decided_s is not None else c.elapsed_s) / len(c.blocks) for c in comparisons]
    typical = statistics.median(seconds)
    return min(most, blocks_within(comparisons[0], (typical,), DEFAULT_BUDGET.seconds))
