"""`result:PATH` and `baseline:NAME`: the version that was stored, measured again, and what the stored numbers tell."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Literal

import pytest

from chronik_perf.cli.work.gating import change
from chronik_perf.cli.work.witness import witnesses
from chronik_perf.model import Comparison, Provenance
from chronik_perf.sampling.machine import environment
from chronik_perf.store import save
from chronik_perf.targets import find, resolve
from tests.builders import V220, a_comparison
from tests.cli.programs import children_left, perf_that_counts, refused
from tests.targets.repository import BrokerRepository

GATE = """
[gate]
workloads = ["raw"]
budget = "10s"
thresholds = { throughput = "4%" }
"""


def measured(blocks: int = 12, seed: int = 1, **changes: object) -> Comparison:
    """Give a run of v2.2.0 and v2.2.7."""
    made = a_comparison(blocks=blocks, slices=2, seed=seed, evidence=False, histograms=False)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def of_commit(made: Comparison, ref: str, commit: str) -> Comparison:
    """Let the candidate of a run have been a commit."""
    target = dataclasses.replace(
        made.candidate, name=ref, version=ref, provenance=Provenance("git", commit, False, "/elsewhere")
    )
    return dataclasses.replace(made, candidate=target)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository of v1, which has a gate, and a head that loosens it; `main` was measured when it was v1."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v0")
    file = made.root / "perf.toml"
    file.write_text(file.read_text() + GATE)
    made.git("commit", "-qam", "gate")
    made.git("tag", "v1")
    file.write_text(file.read_text().replace('"4%"', '"90%"'))
    made.git("commit", "-qam", "looser\n\nPerf-Accept: throughput every batch is checksummed")
    (made.root / ".gitignore").write_text("run*\n")
    save(of_commit(measured(), "main", made.git("rev-parse", "v1")), made.root / "run")
    done = refused(["baseline", "save", "run", "--side", "candidate"], made.root)
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("name", ["baseline:main", "result:run", "result:run/comparison.json"])
def test_a_stored_ref_is_the_commit_that_was_measured(name: str, repository: BrokerRepository) -> None:
    """Given a ref that has gone on, its stored version is the commit that it was, and the explanation says so."""
    v1 = repository.git("rev-parse", "v1")
    told = refused(["targets", name], repository.root).stdout
    assert told.startswith(f"{name}: main (commit {v1[:12]})")
    assert "measured again" in told
    target = resolve(name, repository=repository.root) if name.startswith("baseline") else None
    if target is not None:
        assert (target.name, target.version) == (name, "main")
        assert target.provenance.commit == v1
    assert "baseline:main" in refused(["targets"], repository.root).stdout


def test_the_base_of_a_run_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a run of two releases, one with a setting changed, each side is that release with its setting."""
    base = dataclasses.replace(
        resolve("v2.2.0", {"wal.profile": "low"}), provenance=measured().base.provenance
    )
    save(measured(base=base), tmp_path / "a#b")
    monkeypatch.chdir(tmp_path)
    again = resolve("result:a#b#base")
    assert again.config["wal.profile"] == "low"
    assert again.argv == base.argv
    assert again.overrides == {"wal.profile": "low"}
    assert resolve("result:a#b").version == resolve("result:a#b#candidate").version == "v2.2.7"


def test_a_stored_command_is_that_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a command whose program is here, it is taken as written; gone or of another machine, it is refused."""
    monkeypatch.chdir(tmp_path)
    for program, name in ((sys.executable, "here"), ("/nowhere/my-broker", "gone")):
        line = f"command:{program} --port {{port}}"
        command = dataclasses.replace(
            measured().base, name=line, version=line, provenance=Provenance("command", None, None, program)
        )
        save(measured(base=command), tmp_path / name)
    assert resolve("result:here#base").argv == (sys.executable, "--port", "{port}")
    done = refused(["compare", "result:gone#base", "v2.2.0"], tmp_path)
    assert done.returncode == 2
    assert "the program '/nowhere/my-broker'" in done.stderr


def test_a_version_that_cannot_be_had_again_is_one_sentence(
    tmp_path: Path, repository: BrokerRepository
) -> None:
    """Given a commit that is not here, no repository, overrides, or uncommitted changes, one sentence says so."""
    save(of_commit(measured(), "main", "f" * 40), repository.root / "run-lost")
    dirty = Provenance("worktree", repository.git("rev-parse", "HEAD"), True, "uncommitted: a.py")
    target = dataclasses.replace(
        measured().candidate, name="worktree:", version="worktree:", provenance=dirty
    )
    save(measured(candidate=target), repository.root / "run-dirty")
    root = str(repository.root)
    for words, cwd, says in (
        (["gate", "result:run-lost"], repository.root, "has no such commit; fetch it (git fetch)"),
        (["compare", f"result:{root}/run", "v2.2.0"], tmp_path, "name the repository with --repo"),
        (["gate", "result:run-dirty"], repository.root, "uncommitted: a.py"),
        (
            ["compare", "baseline:main", "v1", "--set-base", "a=b"],
            repository.root,
            "no setting can be overridden",
        ),
        (["gate", "baseline:release"], repository.root, "there are: main"),
        (["compare", "baseline:", "v1"], repository.root, "needs the name"),
        (["compare", "result:", "v1"], repository.root, "needs the folder"),
        (["compare", "result:nowhere", "v1"], repository.root, "there is no nowhere"),
        (["compare", "result:src", "v1"], repository.root, "not the folder of a run"),
    ):
        done = refused(words, cwd)
        assert done.returncode == 2, words
        assert says in done.stderr, words
        assert len(done.stderr.splitlines()) == 1, words


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"schema_version": 999})])
def test_a_damaged_file_is_one_sentence(content: str, repository: BrokerRepository) -> None:
    """Given a run or a baseline that is cut short, foreign or of a newer perf, the sentence names the file."""
    (repository.root / "run" / "comparison.json").write_text(content)
    next((repository.root / "baselines").rglob("main.json")).write_text(content)
    for name, file in (("result:run", "comparison.json"), ("baseline:main", "main.json")):
        done = refused(["gate", name], repository.root)
        assert done.returncode == 2
        [sentence] = done.stderr.splitlines()
        assert file in sentence


def test_a_stored_base_is_gated_as_its_commit_says(repository: BrokerRepository) -> None:
    """Given a stored version, the gate of its commit holds, what the head edits is announced, and trailers count."""
    for name in ("baseline:main", "result:run"):
        if name == "result:run":
            name = f"result:{repository.root / 'run'}"
        found = change(name, "HEAD", False, repository.root)
        assert found.base == name
        assert found.gate.thresholds == {"throughput": "4%"}
        assert [a.metric for a in found.accepted] == ["throughput"]
        assert any("from 4% to 90%" in line for line in found.announced)


def test_a_change_that_edits_its_baseline_is_told_of(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a change that brings another baseline of the name it is compared with, that is announced; else nothing."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "a baseline")
    repository.git("commit", "-q", "--allow-empty", "-m", "a change")
    announced = "edits the baseline that it is compared with: baselines/"
    assert not any(
        announced in line for line in change("baseline:main", "HEAD", False, repository.root).announced
    )
    head = repository.git("rev-parse", "HEAD")
    save(of_commit(measured(), "main", head), repository.root / "run")
    refused(["baseline", "save", "run", "--side", "candidate"], repository.root)
    assert any(
        announced in line for line in change("baseline:main", "HEAD", False, repository.root).announced
    )


@pytest.mark.parametrize("source", ["command", "checkout"])
def test_a_baseline_that_a_change_made_no_commit_is_told_of(
    source: Literal["command", "checkout"], repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a change that puts a command or a release in its baseline's place, that is announced, as is the gate."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "a baseline")
    name = f"command:{sys.executable} --port {{port}}" if source == "command" else "v2.2.7"
    commit = None if source == "command" else "6a45c51d"  # of this toolkit, whose release it is
    easy = dataclasses.replace(
        measured().base, name=name, version=name, provenance=Provenance(source, commit, False, "easy to beat")
    )
    save(measured(base=easy), repository.root / "run")
    assert refused(["baseline", "save", "run", "--name", "main"], repository.root).returncode == 0
    repository.git("commit", "-qam", "another baseline")
    found = change("baseline:main", "HEAD", False, repository.root)
    assert found.gate.thresholds == {}
    default, edited = found.announced
    assert default == "baseline:main is no ref of this repository, so the default gate holds"
    assert edited.startswith("the change edits the baseline that it is compared with: baselines/")


def test_a_baseline_behind_a_link_is_told_of(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a change that leads a class of machines elsewhere by a link, that is announced as an edit, too."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "a baseline")
    [there] = (repository.root / "baselines").iterdir()
    (repository.root / "elsewhere").mkdir()
    (there / "main.json").rename(repository.root / "elsewhere" / "main.json")
    (there.parent / "z-faster").symlink_to("../elsewhere")
    repository.git("add", "-A")
    repository.git("commit", "-qm", "a link")
    announced = change("baseline:main", "HEAD", False, repository.root).announced
    assert any(line.endswith(": baselines/z-faster") for line in announced), announced


def test_a_change_of_which_nobody_knows_where_it_began_is_told_of(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a branch to merge into that was not fetched, it is announced that an edit would not be seen."""
    monkeypatch.setenv("GITHUB_BASE_REF", "was-not-fetched")
    monkeypatch.delenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", raising=False)
    announced = change("baseline:main", "HEAD", False, repository.root).announced
    assert any("cannot be told whether the change edits the baseline" in line for line in announced), (
        announced
    )


def test_a_gate_measures_what_was_stored_again_and_says_so(repository: BrokerRepository) -> None:
    """Given a baseline of this machine and a run of another, both are measured again, and every output says so."""
    v1, head = (repository.git("rev-parse", ref) for ref in ("v1", "HEAD"))
    here = environment(repository.root, broker_core=None, load_core=None, clients={})
    save(of_commit(measured(environment=here), "main", v1), repository.root / "run-here")
    assert refused(["baseline", "save", "run-here", "--side", "candidate"], repository.root).returncode == 0
    save(of_commit(measured(), "HEAD", head), repository.root / "run-there")
    arguments = ["gate", "baseline:main", "result:run-there", "--no-profiles"]
    done, document = perf_that_counts(arguments, repository.root, out="run-gate")
    assert (document.base.name, document.candidate.name) == ("baseline:main", "result:run-there")
    assert (document.base.provenance.commit, document.candidate.provenance.commit) == (v1, head)
    assert document.design.thresholds == {"throughput": 0.04}
    for said in (
        f"The base, baseline:main, is main (commit {v1[:12]}), measured again here.",
        "The numbers that baseline:main stored on 2026-11-25, on a machine like this one,",
        f"The candidate, result:run-there, is HEAD (commit {head[:12]}), measured again here, and the stored numbers "
        "are not used: not comparable: recorded on 2 × Test CPU",
    ):
        assert said in " ".join(done.stdout.split())
        for output in ("report.html", "summary.md"):
            assert said in (repository.root / "run-gate" / output).read_text()
    saved = refused(["baseline", "save", "run-gate", "--name", "again"], repository.root)
    assert saved.returncode == 0, saved.stderr
    assert f"main (commit {v1[:12]})" in saved.stdout
    assert not children_left(repository.root)


def heard(made: Comparison, now: Comparison, folder: Path) -> str:
    """Store a run, name its base as the base of another run, and give all that the stored one says of it."""
    save(made, folder)
    said = []
    for one in witnesses((f"result:{folder}#base", "v2.2.7"), None):
        said += [one.before(now), one.after(now) or ""]
    return " ".join(said)


def test_stored_numbers_of_this_machine_tell_drift(tmp_path: Path) -> None:
    """Given the same machine as then, equal numbers show no drift, and slower ones are named with what moved."""
    assert "no drift shows" in heard(measured(), measured(seed=2), tmp_path / "same")
    slow = {**V220, "acks1": dataclasses.replace(V220["acks1"], msgs_per_s=0.8 * V220["acks1"].msgs_per_s)}
    now = a_comparison(slow, blocks=12, slices=2, seed=2, evidence=False, histograms=False)
    said = heard(measured(), now, tmp_path / "slow")
    assert "throughput of acks1" in said
    assert "The machine or the measurement has drifted since" in said
    other = Provenance("checkout", "another", False)
    of_other_code = dataclasses.replace(now, base=dataclasses.replace(now.base, provenance=other))
    assert "or the release's code (commit 6a45c51d0c0f then, another now)" in heard(
        measured(), of_other_code, tmp_path / "code"
    )


def test_stored_numbers_that_cannot_tell_drift_say_why(tmp_path: Path) -> None:
    """Given too few starts, another class of machines, or a workload that has changed since, none is called drift."""
    few = heard(measured(blocks=2), measured(blocks=2, seed=2), tmp_path / "few")
    assert "2 starts of then beside 2 starts of this run are too few" in few
    there = dataclasses.replace(measured().environment, fingerprint="another", cpu_model="Other CPU")
    foreign = heard(measured(environment=there), measured(), tmp_path / "foreign")
    assert "the stored numbers are not used: not comparable: recorded on 2 × Other CPU" in foreign
    assert "drift" not in foreign
    now = measured()
    loads = tuple(dataclasses.replace(w, message_size_bytes=1024) for w in now.workloads)
    changed = heard(measured(), dataclasses.replace(now, workloads=loads), tmp_path / "changed")
    assert "are not used: workload acks1 of the run is not that of the baseline" in changed


def test_a_name_finds_the_numbers_of_this_machine(tmp_path: Path, repository: BrokerRepository) -> None:
    """Given one name on two machines, the numbers of this one are heard if they are of the same version, else not."""
    now = measured()
    there = dataclasses.replace(now.environment, fingerprint="another", cpu_model="Other CPU")
    names = ("baseline:main", "HEAD")
    v1, head = (repository.git("rev-parse", ref) for ref in ("v1", "HEAD"))
    later = "2027-01-01T00:00:00+00:00"
    for commit, says in ((v1, ""), (head, "those of this class of machines are of main")):
        save(
            of_commit(measured(environment=there, started_at=later), "main", commit),
            repository.root / "run-2",
        )
        refused(["baseline", "save", "run-2", "--side", "candidate"], repository.root)
        [one] = witnesses(names, repository.root)
        assert one.version.provenance.commit == commit == find(names[0], repository=repository.root).commit
        assert ("are not used" in one.before(now)) == bool(says)
        assert says in one.before(now)
