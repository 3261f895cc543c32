"""Carries out `perf bisect`: a search is begun or resumed, measured block by block, saved after each, and told."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chronik_perf.cli.saying import say
from chronik_perf.cli.work import comparing
from chronik_perf.cli.work.namespaces import check_namespaces, say_in_turn
from chronik_perf.cli.work.resuming import same_surroundings
from chronik_perf.experiment import Place, machine_lock
from chronik_perf.experiment.bisecting import bisect, contrast_added, difference, question_of
from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.networks import Networks, networks
from chronik_perf.experiment.place import beside_the_load, check_free_space
from chronik_perf.experiment.plan import BISECT_BUDGET
from chronik_perf.experiment.runner import GATES_BYTES, rng_of
from chronik_perf.model import (
    BISECTION_SCHEMA,
    BadInput,
    Bisection,
    Contrast,
    Target,
    Workload,
    metric,
)
from chronik_perf.report.bisection import render
from chronik_perf.stats.bisection import Step, next_step
from chronik_perf.store import RunFolder, load_bisection, save_bisection
from chronik_perf.store.bisection import BISECTION
from chronik_perf.targets import resolve
from chronik_perf.targets.git import Repository, find_repository
from chronik_perf.targets.line import line_between

SEARCHED = ("throughput", "cpu_per_message", "p99")


@dataclass(slots=True)
class Job:
    """A search, where it is measured and kept, and the targets of the commits that are built."""

    search: Bisection
    folder: Path
    place: Place
    repository: Repository
    networks: Networks
    targets: dict[int, Target] = field(default_factory=dict)
    tried: int = 0

    def build(self, number: int) -> None:
        """Make the target of a commit. Raises MeasurementFailed or BadInput where that cannot be."""
        commit = self.search.commits[number].short
        self.targets[number] = resolve(commit, repository=self.repository.root, say=say)

    def measure(self, search: Bisection, step: Step) -> Bisection:
        """Measure one block of two built commits. Raises MeasurementFailed."""
        check_free_space(self.place, GATES_BYTES)
        base, candidate = self.targets[step.reference], self.targets[step.commit]
        if not search.contrasts:
            say_in_turn((base, candidate), search.network_namespaces)
        runner = BlockRunner(
            {"base": base, "candidate": candidate},
            (search.workload,),
            self.place,
            BISECT_BUDGET,
            self.networks,
        )
        # One that failed keeps its number, for its logs tell why.
        index = self.tried = max(self.tried, len(search.contrasts)) + 1
        with beside_the_load(self.place):
            block, pilots = runner.run(index, rng_of(search.seed, index), search.pilots, {})
        take = metric(search.metric).take
        reference, commit = (take(start, search.workload.name) for start in (block.base, block.candidate))
        value = None if block.discarded else difference(search.metric, reference, commit)
        if block.discarded:
            say(f"block {index} counts for nothing: {block.discarded}")
        contrast = Contrast(step.reference, step.commit, value, step.closing, block)
        return contrast_added(dataclasses.replace(search, pilots=pilots), contrast)


@contextlib.contextmanager
def begun(
    good: str,
    bad: str,
    metric_name: str,
    workload: str,
    confidence: float,
    out: Path | None,
    resume: Path | None,
    seed: int | None,
    repo: Path | None,
    netns: bool,
    wait: bool,
    command: str,
) -> Iterator[Job]:
    """Begin a search, or go on with one; what was measured is kept whatever happens, and logs that tell why.

    Raises BadInput for what cannot be, MeasurementFailed where this machine cannot.
    """
    earlier = load_bisection(resume) if resume is not None else None
    repository = find_repository(repo or (Path(earlier.repository) if earlier else None))
    if repository is None:
        raise BadInput("perf bisect searches a broker's repository that has a perf.toml; name it with --repo")
    if earlier is None:
        load = _workload(metric_name, workload)
        commits = line_between(repository, good, bad)
    else:
        load, commits = earlier.workload, earlier.commits
        good, bad, metric_name, confidence = earlier.good, earlier.bad, earlier.metric, earlier.confidence
    if netns := earlier.network_namespaces if earlier is not None else netns:
        check_namespaces()
    with machine_lock(wait, say), networks(netns) as both:
        if resume is not None:
            earlier = load_bisection(resume)  # the call that was waited for may have added to it
        folder, own = (RunFolder(resume), ()) if resume is not None else comparing.new_folder(out, good, bad)
        with _kept(folder, own), _place(folder, load) as place:
            if earlier is not None:
                same_surroundings(folder.path, earlier.environment, place.environment)
            seed = seed if seed is not None else secrets.randbelow(2**31)
            search = earlier or Bisection(
                schema_version=BISECTION_SCHEMA,
                repository=str(repository.root),
                good=good,
                bad=bad,
                commits=commits,
                metric=metric_name,
                workload=load,
                confidence=confidence,
                seed=seed,
                environment=place.environment,
                started_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                command=comparing.with_seed(command, seed),
                network_namespaces=netns,
            )
            yield Job(search, folder.path, place, repository, both)


def carry_out(job: Job, budget_s: float) -> str:
    """Search to the end, saving after each block; then print what was found, and give its kind."""
    say(f"searching {len(job.search.commits) - 1} commits from {job.search.good} to {job.search.bad}")
    search = job.search
    for search, _ in bisect(job.search, job.measure, job.build, budget_s, say):
        save_bisection(search, job.folder)
    # The last step of a search may be one that is not measured any more.
    _, answer = next_step(question_of(search))
    print(render(search, answer))
    print(f"\nall that was measured: {job.folder}")
    if answer.kind == "open":
        print(f"go on with: perf bisect --resume {job.folder}")
    return answer.kind


def _workload(metric_name: str, workload: str) -> Workload:
    if metric_name not in SEARCHED:
        raise BadInput(f"perf bisect does not search by {metric_name!r}; it does by {', '.join(SEARCHED)}")
    (load,) = comparing.workloads(False, [workload])
    if metric_name == "p99" and load.acks == 0:
        raise BadInput("acks0 acknowledges nothing, so it has no p99; name another with --workload")
    return load


@contextlib.contextmanager
def _place(folder: RunFolder, load: Workload) -> Iterator[Place]:
    """Give where brokers run, whose data goes with the end of the search."""
    place = comparing.place_for(folder, (load,), None, False)
    try:
        yield place
    finally:
        shutil.rmtree(place.data_root, ignore_errors=True)


@contextlib.contextmanager
def _kept(folder: RunFolder, own: tuple[Path, ...]) -> Iterator[None]:
    """When it fails, say where what was measured lies; where nothing was, leave only logs that tell why."""
    try:
        yield
    except BaseException as error:
        if (folder.path / BISECTION).exists():
            say(f"what was measured is kept in {folder.path}; go on with: perf bisect --resume {folder.path}")
        else:
            comparing.tidy(folder, own, told=isinstance(error, Exception))
        raise
