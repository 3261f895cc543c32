"""`perf explain` takes two versions apart; here that it measures what it says, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.programs import children_left, perf, refused


@pytest.mark.alone
def test_arms_are_measured_in_rounds_and_accounted_for(tmp_path: Path) -> None:
    """Given a claim and a budget of a few rounds, three arms are measured side by side and the answer is written."""
    short = ("--workload", "acks1", "--budget", "30s", "--seed", "3", "--out", "run")
    done = perf(["explain", "v2.2.0", "v2.2.7", "--claim", "wal.worker=altered", *short], cwd=tmp_path)
    assert done.returncode in (0, 3), done.stderr
    answer = json.loads((tmp_path / "run" / "explanation.json").read_text())
    assert answer["claim"] == "wal.worker"
    everything = ["metadata.store", "raft.apply", "wal.worker"]
    assert [d["key"] for d in answer["differences"]] == everything
    assert sorted(answer["arms"].values()) == sorted(
        [everything, ["wal.worker"], ["metadata.store", "raft.apply"]]
    )
    rounds = set()
    for folder, keys in answer["arms"].items():
        run = json.loads((tmp_path / "run" / folder / "comparison.json").read_text())
        rounds.add(len(run["blocks"]))
        assert [block["index"] for block in run["blocks"]] == list(range(1, len(run["blocks"]) + 1))
        for block in run["blocks"]:
            assert block["base"]["config"]["wal.worker"] == "notify-or-timer"
            assert (block["candidate"]["config"]["wal.worker"] == "altered") == ("wal.worker" in keys)
        if keys == everything:
            told = (tmp_path / "run" / folder / "report.html").read_text()
            assert ("put back, it restores" in told) == ("put back, it restores" in done.stdout)
    assert max(rounds) - min(rounds) <= 1, "every arm is in every round but the last"
    assert "throughput" in done.stdout
    assert not children_left(tmp_path)

    _goes_on(tmp_path, answer["arms"])


def _goes_on(folder: Path, arms: dict[str, list[str]]) -> None:
    """Given that study, more rounds of the same arms may be added, whether all was answered or not."""
    before = {name: json.loads((folder / "run" / name / "comparison.json").read_text()) for name in arms}
    done = perf(["explain", "--resume", "run", "--budget", "8s"], cwd=folder)
    assert done.returncode in (0, 3), done.stderr
    for name, had in before.items():
        has = json.loads((folder / "run" / name / "comparison.json").read_text())
        assert has["blocks"][: len(had["blocks"])] == had["blocks"]
        indexes = [block["index"] for block in has["blocks"]]
        assert indexes == sorted(set(indexes))
    answer = json.loads((folder / "run" / "explanation.json").read_text())
    assert (answer["claim"], answer["complete"]) == ("wal.worker", True)
    assert "perf explain --resume run" in answer["command"]
    assert not children_left(folder)
    (folder / "run" / next(iter(arms)) / "comparison.json").unlink()
    done = refused(["explain", "--resume", "run"], folder)
    assert done.returncode == 2
    assert "had a block; begin a new study" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["v2.2.7", "v2.2.7"], 0, "do not differ"),
        (["v2.2.7", "v2.2.7-nospawn"], 0, "differ in raft.apply alone"),
        (["v2.2.0", "v2.2.7", "--claim", "raft.apply=queue"], 2, "is no difference between the two"),
        (["v2.2.0", "v2.2.7", "--claim", "wal.profile=low"], 2, "metadata.store=raft, raft.apply=spawn"),
        (["v2.2.0", "command:cat {port}"], 2, "differ as wholes"),
        (["v2.2.0", "v9"], 2, "there is no version 'v9'"),
        (["v2.2.0", "v2.2.7", "--workload", "acks2"], 2, "there is no workload 'acks2'"),
        (["v2.2.0", "v2.2.7", "--budget", "soon"], 2, "--budget"),
        (["v2.2.0"], 2, "two versions are needed"),
        (["--resume", "nowhere"], 2, "nowhere/explanation.json"),
        (
            ["v2.2.0", "v2.2.7", "--resume", "run"],
            2,
            "BASE has no place beside --resume: a study keeps what it began with",
        ),
    ],
)
def test_what_cannot_be_taken_apart_is_told_at_once(
    words: list[str], code: int, says: str, tmp_path: Path
) -> None:
    """Given versions with one difference or none, a claim that is none, or what does not exist, nothing is measured."""
    done = refused(["explain", *words], tmp_path)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert not (tmp_path / "runs").exists()
