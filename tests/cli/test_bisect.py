"""`perf bisect` as a user calls it: real commits of a real broker, measured in blocks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.programs import children_left, environment, perf, refused
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make six commits: the third does not build, and from the fifth on a task is spawned per batch."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    for number in range(1, 7):
        version = "v2.2.0" if number < 5 else "v2.2.7"
        made.commit(f"c{number}", version=version, build="false" if number == 3 else "true")
    return made


@pytest.mark.alone
@pytest.mark.timeout(400)
def test_the_commit_that_lost_half_is_named(repository: BrokerRepository) -> None:
    """Given a commit that more than halves raw throughput, the search names it, confirms it and leaves nothing."""
    asked = ["bisect", "c1", "c6", "--workload", "raw", "--budget", "300s", "--out", "run", "--seed", "3"]
    done = perf(asked, cwd=repository.root, timeout_s=340)
    assert done.returncode == 0, done.stdout + done.stderr
    culprit, parent = (repository.git("rev-parse", name)[:12] for name in ("c5", "c4"))
    assert done.stdout.startswith(f"{culprit} (")
    assert "c5) changed throughput" in done.stdout.splitlines()[0]
    assert f"perf compare {parent} {culprit} --workload raw" in done.stdout
    document = json.loads((repository.root / "run" / "bisection.json").read_text())
    assert document["outcome"] == "found"
    assert all(c["block"]["base"]["slices"] for c in document["contrasts"])
    assert {(c["reference"], c["commit"]) for c in document["contrasts"] if c["closing"]} == {(3, 4), (0, 3)}
    assert {s["commit"] for s in document["skipped"]} <= {2}
    assert not list((repository.root / "run").glob("data-*"))
    assert not children_left(repository.root)


@pytest.mark.alone
def test_an_interrupted_search_is_kept_and_goes_on(repository: BrokerRepository) -> None:
    """Given Ctrl-C in the second block, the first is kept, no process is left, and --resume adds blocks to it."""
    asked = ["bisect", "c1", "c6", "--workload", "raw", "--budget", "100s", "--out", "run"]
    process = subprocess.Popen(
        [sys.executable, "-m", "chronik_perf", *asked],
        cwd=repository.root,
        env=environment(repository.root),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any(line.startswith("block 2:") for line in process.stderr)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(30) == 130
    assert "perf bisect --resume run" in said
    assert not children_left(repository.root)
    document = repository.root / "run" / "bisection.json"
    assert len(json.loads(document.read_text())["contrasts"]) == 1
    done = perf(["bisect", "--resume", "run", "--budget", "4s"], cwd=repository.root)
    assert done.returncode == 3, done.stderr
    assert "go on with: perf bisect --resume run" in done.stdout
    kept = json.loads(document.read_text())
    assert len(kept["contrasts"]) >= 2
    # and blocks of another client do not add up with these
    kept["environment"]["clients"]["librdkafka"] = "0.9.1"
    document.write_text(json.dumps(kept))
    done = refused(["bisect", "--resume", "run", "--budget", "4s"], repository.root)
    assert (done.returncode, "librdkafka 0.9.1" in done.stderr) == (2, True), done.stderr
    assert json.loads(document.read_text()) == kept


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bisect", "c1"], "two commits"),
        (["bisect", "c6", "c1"], "perf bisect c1 c6"),
        (["bisect", "c1", "c9"], "no commit 'c9'"),
        (["bisect", "c1", "c6", "--confidence", "20%"], "--confidence"),
        (["bisect", "c1", "c6", "--metric", "speed"], "'speed'"),
        (["bisect", "c1", "c6", "--workload", "acks7"], "acks7"),
        (["bisect", "--resume", "nowhere"], "nowhere"),
        (["bisect", "--resume", "run", "--seed", "3"], "beside --resume"),
        (["bisect", "--resume", "run", "--metric", "p99"], "beside --resume"),
        (["bisect", "--resume", "run", "--workload", "raw"], "beside --resume"),
        (["bisect", "--resume", "run", "--confidence", "99%"], "beside --resume"),
    ],
)
def test_bad_usage_exits_with_2(arguments: list[str], says: str, repository: BrokerRepository) -> None:
    """Given words that cannot be right, the program names the one that is wrong, exits with 2 and leaves nothing."""
    done = refused(arguments, repository.root)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr.splitlines()[-1]
    assert not (repository.root / "runs").exists()


def test_an_end_that_does_not_build_is_said(repository: BrokerRepository) -> None:
    """Given a bad end that does not build, one sentence says so, exit code 4; nothing is left but what was there."""
    (repository.root / "mine").mkdir()
    for out in ([], ["--out", "made"], ["--out", "mine"]):
        done = refused(["bisect", "c1", "c3", *out], repository.root)
        assert done.returncode == 4
        assert "the build of" in done.stderr.splitlines()[-1]
    there = {p.name for p in repository.root.iterdir()}
    assert there == {".git", "chronik-perf.lock", "mine", "perf.toml", "src"}
    assert not list((repository.root / "mine").iterdir())
