"""`--resume RUN --wait`: a call that waits for another one goes on with what that one has measured meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chronik_perf.cli.clients import NO_FILE
from chronik_perf.cli.work import bisecting, resuming
from chronik_perf.experiment.bisecting import contrast_added
from chronik_perf.load.clients import client_versions
from chronik_perf.model import BISECTION_SCHEMA, Bisection, Contrast
from chronik_perf.sampling.machine import environment
from chronik_perf.store import save, save_bisection
from chronik_perf.targets.git import Repository
from chronik_perf.targets.line import line_between
from tests.builders import RAW, a_comparison
from tests.targets.repository import BrokerRepository


@contextlib.contextmanager
def while_another_measures(folder: Path, measure: Callable[[], object]) -> Iterator[None]:
    """Let another call have the machine, until somebody says that they wait for it; it measures just then, and ends."""
    with pytest.MonkeyPatch.context() as patch, (folder / "chronik-perf.lock").open("w") as lock:
        patch.setattr(tempfile, "tempdir", str(folder))  # where the lock of these tests lies
        fcntl.flock(lock, fcntl.LOCK_EX)

        class Stderr(io.StringIO):
            def write(self, said: str) -> int:
                if "waiting for another measurement" in said:
                    measure()
                    fcntl.flock(lock, fcntl.LOCK_UN)
                return super().write(said)

        with contextlib.redirect_stderr(Stderr()):
            yield


def test_a_resumed_run_has_the_blocks_that_it_waited_for(tmp_path: Path) -> None:
    """Given two calls that add to one run, the second counts on from the blocks that the first has measured."""
    here = environment(tmp_path, broker_core=None, load_core=None, clients=client_versions())
    whole = a_comparison(blocks=4, slices=2, workloads=(RAW,), evidence=False, histograms=False)
    command = dataclasses.replace(whole.base.provenance, source="command", commit=None)
    targets = [dataclasses.replace(one, provenance=command) for one in (whole.base, whole.candidate)]
    whole = dataclasses.replace(whole, environment=here, base=targets[0], candidate=targets[1])
    half = dataclasses.replace(whole, blocks=whole.blocks[:2])
    save(half, tmp_path / "run")
    with (
        while_another_measures(tmp_path, lambda: save(whole, tmp_path / "run")),
        resuming.resumed(
            tmp_path / "run", (None, None), None, 8, None, None, False, NO_FILE, True, "perf"
        ) as job,
    ):
        assert len(job.comparison.blocks) == 4


def test_a_resumed_search_has_the_blocks_that_it_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two calls that go on with one search, the second begins with what the first has measured."""
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    for tag in ("c1", "c2"):
        made.commit(tag)
    begun = Bisection(
        schema_version=BISECTION_SCHEMA,
        repository=str(made.root),
        good="c1",
        bad="c2",
        commits=line_between(Repository(made.root), "c1", "c2"),
        metric="throughput",
        workload=a_comparison(blocks=1, workloads=(RAW,)).workloads[0],
        confidence=0.95,
        seed=1,
        environment=environment(tmp_path, broker_core=None, load_core=None, clients=client_versions()),
        started_at="2026-11-26T00:00:00+00:00",
        command="perf bisect",
    )
    run = tmp_path / "run"
    run.mkdir()
    save_bisection(begun, run)
    grown = contrast_added(begun, Contrast(0, 1, -0.5, False))
    with (
        while_another_measures(tmp_path, lambda: save_bisection(grown, run)),
        bisecting.begun(
            "", "", "throughput", "raw", 0.95, None, run, None, None, netns=False, wait=True, command="perf"
        ) as job,
    ):
        assert len(job.search.contrasts) == 1
