"""The reference broker against itself, on this machine, for as short as it can be."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.experiment import choose_place
from chronik_perf.experiment.checkup import check_up
from chronik_perf.experiment.plan import QUICK
from chronik_perf.experiment.prognosis import prognoses
from chronik_perf.experiment.progress import Progress
from chronik_perf.model import Unavailable
from chronik_perf.stats.planning.thresholds import is_aa
from chronik_perf.targets import resolve
from tests.cli.programs import children_left


def test_a_check_up_is_an_a_a_that_leaves_nothing(tmp_path: Path) -> None:
    """Given no time at all, one block of both loads is measured, which is too few to promise anything."""
    place = choose_place(tmp_path / "data", tmp_path / "logs", QUICK, allow_tmpfs=True, clients={})
    told: list[Progress] = []
    checkup = check_up(resolve("v2.2.0"), place, 0.1, 1, told.append)
    assert is_aa(checkup.comparison)
    assert len(checkup.comparison.blocks) == len(checkup.block_seconds) == 1
    assert {s.workload for s in checkup.comparison.blocks[0].base.slices} == {"acks1", "raw"}
    assert told[0].budget_s == 0.1
    assert not (tmp_path / "data").exists()
    assert not children_left(tmp_path)
    found = prognoses(checkup)
    assert isinstance(found, Unavailable)
    assert "1 block" in found.reason
