"""A user's own broker, in the user's own repository: named, built, compared, and what goes wrong with it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.targets import cache, resolve
from tests.cli.programs import children_left, perf, refused
from tests.targets.repository import ROOT, BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository with two versions of a broker, and a cache of builds of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    made.commit("v2", version="v2.2.7")
    return made


@contextlib.contextmanager
def machine_taken(folder: Path) -> Iterator[None]:
    """Hold the lock that a call in that folder asks for, as another call does while it measures."""
    with (folder / "chronik-perf.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_two_refs_are_built_and_compared(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given two refs of a repository, they are compared by name; the run says which commits, and needs their builds.

    It keeps what the brokers saw of the environment, and a stray variable of the caller's is not among it. A secret is
    not kept, and given to the broker again when blocks are added.
    """
    start, manifest = repository.root / "start.sh", repository.root / "perf.toml"
    start.write_text('#!/bin/sh\ntest "$ADMIN_TOKEN" = hunter2 || exit 7\nexec "$@"\n')
    start.chmod(0o755)
    text = manifest.read_text().replace('command = "/', 'command = "./start.sh /')
    manifest.write_text(text.replace("[env]", '[env]\nADMIN_TOKEN = "hunter2"'))
    repository.git("add", "-A")
    repository.git("commit", "-qm", "token")
    monkeypatch.setenv("CHRONIK_WAL_PROFILE", "high")
    few = ("--quick", "--workload", "raw", "--budget", "1s", "--no-profiles")
    done = perf(["compare", "v1", "HEAD", *few, "--out", "run"], cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    assert "building v1" in done.stderr
    told = (repository.root / "run" / "comparison.json").read_text()
    assert "hunter2" not in told
    document = json.loads(told)
    assert document["candidate"]["env"]["ADMIN_TOKEN"] == "[redacted]"
    assert document["candidate"]["built_with"]["PATH"]
    for side, ref in (("base", "v1"), ("candidate", "HEAD")):
        assert document[side]["name"] == ref
        assert document[side]["provenance"]["commit"] == repository.git("rev-parse", ref)
        seen = [b[side]["environment"] for b in document["blocks"]]
        own = [s["own"] for b in document["blocks"] for s in b[side]["slices"]]
        assert all(o["chronik_wal_syncs_total"]["kind"] == "counter" for o in own)
        assert all(o["chronik_wal_syncs_total"]["value"] > 0 for o in own)
        assert all("do not have" in o["no_such_metric"]["value"]["reason"] for o in own)
        assert all(env["PYTHONPATH"] == "src" and "CHRONIK_WAL_PROFILE" not in env for env in seen)
    tasks = [b["candidate"]["slices"][0]["telemetry"]["tasks_created"] for b in document["blocks"]]
    assert all(n > 0 for n in tasks), "v2.2.7 spawns a task a batch: it was the one that was measured"
    assert not children_left(repository.root)
    again = perf(["compare", "--resume", "run", "--budget", "1s", "--no-profiles"], cwd=repository.root)
    assert again.returncode in (0, 1, 3), again.stderr
    assert "building" not in again.stderr
    said = " ".join(again.stdout.split())
    assert "Metric chronik_wal_syncs_total per stored message: " in said
    assert "Metric chronik_connections after a slice: " in said
    assert "Metric no_such_metric after a slice is not available." in said
    with machine_taken(repository.root):
        assert refused(["compare", "--resume", "run"], repository.root).returncode == 4
    assert cache.make_room(0) == [], "a call that goes on with a run uses its builds"
    shutil.rmtree(cache.cache_root())
    gone = refused(["compare", "--resume", "run"], repository.root)
    assert gone.returncode == 2
    assert "the build of v1 is not in the cache" in gone.stderr


def test_nothing_is_built_while_another_call_measures(repository: BrokerRepository) -> None:
    """Given a machine that another call has, a comparison is refused before it builds, a wrong name before that."""
    with machine_taken(repository.root):
        done = refused(["compare", "v1", "v2"], repository.root)
        assert done.returncode == 4
        assert "another measurement" in done.stderr
        assert "building" not in done.stderr
        assert cache.entries() == []
        assert "nothing" in refused(["compare", "v1", "nothing"], repository.root).stderr
        if shutil.which("valgrind"):
            assert "building" not in refused(["instructions", "v1", "v2"], repository.root).stderr
    assert not (repository.root / "runs").exists()


def test_a_change_is_gated_by_the_rules_of_its_base(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a change that edits its gate and accepts a metric, the base's rules hold and every output tells of both.

    It tells, too, that a workload which there is not would have the edited gate refused later.
    """
    file = repository.root / "perf.toml"
    repository.commit("v3")
    file.write_text(
        file.read_text()
        + '\n[gate]\nworkloads = ["raw"]\nbudget = "1s"\nthresholds = { throughput = "4%" }\n'
    )
    repository.git("commit", "-qam", "gate")
    slower = file.read_text().replace("--version v2.2.0", "--version v2.2.7").replace('"4%"', '"90%"')
    file.write_text(slower.replace('["raw"]', '["zzz"]'))
    message = "a task a batch\n\nPerf-Accept: throughput the metadata is replicated now"
    repository.git("commit", "-qam", message)
    summary = repository.root.parent / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.delenv("GITHUB_BASE_REF", raising=False)
    monkeypatch.delenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", raising=False)
    done = perf(["gate", "--no-profiles", "--out", "run"], cwd=repository.root)
    assert done.returncode in (0, 1, 3), done.stderr
    document = json.loads((repository.root / "run" / "comparison.json").read_text())
    assert document["base"]["provenance"]["commit"] == repository.git("rev-parse", "HEAD~1")
    assert [w["name"] for w in document["workloads"]] == ["raw"]
    assert document["design"]["thresholds"] == {"throughput": 0.04}
    assert document["design"]["accepted"]["throughput"].startswith("the metadata is replicated now (")
    announced = "threshold of throughput from 4% to 90%"
    assert announced in " ".join(done.stdout.split())
    for output in (
        summary,
        *((repository.root / "run" / n) for n in ("report.html", "summary.md", "junit.xml")),
    ):
        assert announced in output.read_text()
        assert "gate would be refused once it is merged" in output.read_text()
    assert "::notice title=" in done.stdout


def test_a_gate_without_a_change_is_refused(tmp_path: Path, repository: BrokerRepository) -> None:
    """Given a repository without that head, or no repository at all, the gate says what it lacks."""
    done = refused(["gate", "v1", "nothing"], repository.root)
    assert done.returncode == 2
    assert "no version 'nothing'" in done.stderr
    done = refused(["gate"], tmp_path)
    assert done.returncode == 2
    assert "perf gate BASE HEAD" in done.stderr


def test_an_advisory_gate_never_fails_a_job(repository: BrokerRepository) -> None:
    """Given a change that cannot be built, an advisory gate says so and exits with 0; without it, with 4."""
    repository.commit("v3", build="false")
    assert refused(["gate", "v1", "v3"], repository.root).returncode == 4
    done = refused(["gate", "v1", "v3", "--advisory"], repository.root)
    assert done.returncode == 0
    assert "the build of v3" in done.stderr


def test_a_failed_build_is_one_sentence_and_exit_code_4(repository: BrokerRepository) -> None:
    """Given a commit whose build fails, its last words are shown, then one sentence; nothing was begun."""
    repository.commit("v3", build="echo cannot find broker.h; false")
    done = refused(["compare", "v1", "v3"], repository.root)
    assert done.returncode == 4
    lines = done.stderr.strip().splitlines()
    assert any("cannot find broker.h" in line for line in lines)
    assert lines[-1].startswith("perf: the build of v3")
    assert not (repository.root / "runs").exists()


def test_a_perf_toml_with_a_slip_is_one_sentence_and_exit_code_2(repository: BrokerRepository) -> None:
    """Given a slip in the candidate's perf.toml, the sentence says in which version's and where."""
    text = (repository.root / "perf.toml").read_text()
    (repository.root / "perf.toml").write_text(text.replace("[start]", "[start]\nprot = 9092"))
    repository.git("commit", "-qam", "slip")
    done = refused(["compare", "v1", "HEAD"], repository.root)
    assert done.returncode == 2
    assert "perf.toml of HEAD: [start] has no key 'prot'" in done.stderr


def test_names_and_builds_are_told(repository: BrokerRepository) -> None:
    """Given a new repository, its names are listed, one is explained before and after its build, and that is listed."""
    assert "v2" in refused(["targets"], repository.root).stdout
    done = refused(["compare", "v1", "nothing"], repository.root)
    assert done.returncode == 2
    assert "no ref of" in done.stderr
    assert "not built yet" in refused(["targets", "v1"], repository.root).stdout
    resolve("v1", repository=repository.root)
    assert "built, in the cache" in refused(["targets", "v1"], repository.root).stdout
    assert "v1 of" in refused(["cache", "list"], repository.root).stdout
    assert "1 in use by a running call" in perf(["cache", "clean"], cwd=repository.root).stdout


def test_what_a_killed_build_left_is_cleaned(repository: BrokerRepository) -> None:
    """Given a tree in the cache that was never finished, it is no build, and `perf cache clean` removes it."""
    half = cache.cache_root() / "0123456789abcdef0123" / "tree"
    half.mkdir(parents=True)
    assert "0 builds" in refused(["cache", "list"], repository.root).stdout
    assert "1 unfinished one" in refused(["cache", "clean"], repository.root).stdout
    assert not half.parent.exists()


def test_a_first_perf_toml_is_written_once(tmp_path: Path) -> None:
    """Given a Go module, `perf init` writes a perf.toml that is its owner's from then on, and says what it guessed."""
    (tmp_path / "go.mod").write_text("module example.org/logd\n")
    done = refused(["init"], tmp_path)
    assert done.returncode == 0
    assert "guessed from go.mod; it starts ./perf-broker with the flags --port and --data-dir" in done.stdout
    again = refused(["init", str(tmp_path)], tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_perf_toml_is_written_where_it_is_looked_for(repository: BrokerRepository) -> None:
    """Given a folder inside a repository, or a perf.toml that is a link to nothing, `perf init` leaves it so."""
    done = refused(["init"], repository.root / "src")
    assert done.returncode == 2
    assert f"perf init {repository.root}" in done.stderr
    file = repository.root / "perf.toml"
    file.unlink()
    file.symlink_to("elsewhere.toml")
    done = refused(["init"], repository.root)
    assert done.returncode == 2
    assert file.is_symlink()


def test_a_bare_repository_gets_no_perf_toml(tmp_path: Path, repository: BrokerRepository) -> None:
    """Given a repository without a tree, `perf init` writes nothing among git's own files, and says where to."""
    bare = tmp_path / "bare.git"
    repository.git("clone", "-q", "--bare", ".", str(bare))
    done = refused(["init", str(bare)], tmp_path)
    assert done.returncode == 2
    assert "call perf init in a clone" in done.stderr
    assert not (bare / "perf.toml").exists()


@pytest.mark.parametrize("name", ["v1", "worktree:"])
def test_a_cache_that_is_a_file_is_bad_usage(
    name: str, repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a cache folder that is a file, a comparison that would build says so in a sentence, with code 2."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository.root / "perf.toml"))
    done = refused(["compare", name, name], repository.root)
    assert done.returncode == 2
    assert "XDG_CACHE_HOME" in done.stderr


def test_a_folder_that_is_gone_is_bad_usage(tmp_path: Path) -> None:
    """Given a call in a folder that has been deleted, one sentence says so."""
    gone = tmp_path / "gone"
    gone.mkdir()
    call = f"cd {gone} && rmdir {gone} && exec {sys.executable} -P -m chronik_perf compare v2.2.0 v2.2.7"
    done = subprocess.run(
        ["sh", "-c", call],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "perf: the current folder has been deleted; go to another one\n"
