"""A search over real commits: listed by git, built or skipped, and measured in noise that was recorded."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from benchmarks.bisect import recorded_noise
from chronik_perf.experiment import default_workloads
from chronik_perf.experiment.bisecting import bisect, contrast_added
from chronik_perf.model import BISECTION_SCHEMA, Bisection, Commit, Contrast, MeasurementFailed
from chronik_perf.stats.bisection import Step
from chronik_perf.store import load_bisection, save_bisection
from chronik_perf.targets import resolve
from chronik_perf.targets.git import Repository
from chronik_perf.targets.line import line_between
from tests.builders import V220, a_comparison
from tests.targets.repository import BrokerRepository

COMMITS, CULPRIT, DOES_NOT_BUILD = 64, 38, {30, 31, 32, 33, 37}


def test_the_culprit_of_64_commits_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 64 commits, of which some do not build and one lost 5 %, it is found.

    Its parent does not build, so that the two cannot be told apart; a search that is read back goes on as it was.
    """
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    for number in range(COMMITS + 1):
        made.commit(f"c{number}", build="false" if number in DOES_NOT_BUILD else "true")
    line = line_between(Repository(made.root), "c0", f"c{COMMITS}")
    (noise,) = recorded_noise(1, beside=False)

    def build(number: int) -> None:
        assert resolve(line[number].short, repository=made.root).provenance.commit == line[number].id

    def measure(search: Bisection, step: Step) -> Bisection:
        changed = math.log(0.95) if step.reference < CULPRIT <= step.commit else 0.0
        value = changed + float(noise[len(search.contrasts)])
        return contrast_added(search, Contrast(step.reference, step.commit, value, step.closing))

    search = Bisection(
        schema_version=BISECTION_SCHEMA,
        repository=str(made.root),
        good="c0",
        bad=f"c{COMMITS}",
        commits=line,
        metric="throughput",
        workload=default_workloads(False, ("raw",))[0],
        confidence=0.95,
        seed=1,
        environment=a_comparison(V220, V220, blocks=1).environment,
        started_at="2026-11-26T00:00:00+00:00",
        command="perf bisect",
    )
    said: list[str] = []
    for blocks, (found, _) in enumerate(bisect(search, measure, build, 1e6, said.append), 1):
        save_bisection(found, tmp_path)
        if blocks == 10:
            break
    assert load_bisection(tmp_path) == found
    *_, (found, answer) = bisect(load_bisection(tmp_path), measure, build, 1e6, said.append)
    assert answer.kind == "found"
    assert (answer.culprit.low, answer.culprit.high) == (CULPRIT - 1, CULPRIT)
    skipped = {s.commit: s.reason for s in found.skipped}
    assert CULPRIT - 1 in skipped
    assert set(skipped) <= DOES_NOT_BUILD
    assert all("the build of" in reason for reason in skipped.values())
    assert sum(found.probability) + found.nothing == pytest.approx(1, abs=1e-4)
    assert found.probability[CULPRIT - 1] == found.probability[CULPRIT] > 0.4
    assert any(line.startswith("skipped") for line in said)


def test_a_commit_that_does_not_run_is_skipped() -> None:
    """Given a commit whose broker ends at its start, both ends are measured to see whose fault it is; it is skipped."""

    def measure(search: Bisection, step: Step) -> Bisection:
        if 1 in (step.commit, step.reference):
            raise MeasurementFailed("the broker ended")
        return contrast_added(search, Contrast(step.reference, step.commit, -0.5, step.closing))

    *_, (found, answer) = bisect(_tiny(), measure, lambda _: None, 1e6, lambda _: None)
    assert answer.kind == "found"
    assert (answer.culprit.low, answer.culprit.high) == (1, 2)
    assert [(s.commit, s.reason) for s in found.skipped] == [(1, "the broker ended")]


@pytest.mark.parametrize("fails", [(2, 1), (1, 0)])
def test_a_block_that_fails_once_costs_no_commit(fails: tuple[int, int]) -> None:
    """Given one failure that does not come again, also beside the culprit at the close, nothing is skipped for it."""
    left = 1

    def measure(search: Bisection, step: Step) -> Bisection:
        nonlocal left
        if (step.commit, step.reference) == fails and left:
            left -= 1
            raise MeasurementFailed("the machine was busy")
        shift = -0.5 if step.commit == 2 and step.reference < 2 else 0.0
        return contrast_added(search, Contrast(step.reference, step.commit, shift, step.closing))

    *_, (found, answer) = bisect(_tiny(), measure, lambda _: None, 1e6, lambda _: None)
    assert not left
    assert found.skipped == ()
    assert (answer.kind, answer.culprit.high) == ("found", 2)
    assert max(c.closing for c in found.contrasts) == 1, "it costs no close"


def test_the_commit_that_fails_is_skipped_and_not_the_one_beside_it() -> None:
    """Given a commit that no longer runs when it is to confirm the culprit, it is skipped, and the culprit stays."""

    def measure(search: Bisection, step: Step) -> Bisection:
        if step.reference == 1 or (step.commit == 1 and any(c.closing for c in search.contrasts)):
            raise MeasurementFailed("the broker ended")
        shift = -0.5 if step.commit == 2 else 0.0
        return contrast_added(search, Contrast(step.reference, step.commit, shift, step.closing))

    *_, (found, answer) = bisect(_tiny(), measure, lambda _: None, 1e6, lambda _: None)
    assert [s.commit for s in found.skipped] == [1]
    assert (answer.kind, answer.culprit.low, answer.culprit.high) == ("found", 1, 2)


def test_a_search_whose_end_does_not_run_fails() -> None:
    """Given a bad end that does not run, the search fails with its reason instead of skipping it."""

    def measure(_search: Bisection, _step: Step) -> Bisection:
        raise MeasurementFailed("the broker ended")

    with pytest.raises(MeasurementFailed, match="the broker ended"):
        list(bisect(_tiny(), measure, lambda _: None, 10.0, lambda _: None))


def _tiny() -> Bisection:
    return Bisection(
        schema_version=BISECTION_SCHEMA,
        repository="",
        good="a",
        bad="b",
        commits=tuple(Commit(c * 40, c, "2026-11-26") for c in "abc"),
        metric="throughput",
        workload=default_workloads(False, ("raw",))[0],
        confidence=0.95,
        seed=1,
        environment=a_comparison(V220, V220, blocks=1).environment,
        started_at="",
        command="",
    )
