"""What a change is: where it began, what its commits accept, and how it would edit its own gate."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.targets.change import accepted, base_of, last_release, own_gate_edited
from chronik_perf.targets.git import Repository
from tests.targets.repository import BrokerRepository

GATE = """
[gate]
workloads = ["raw"]
budget = "3m"
thresholds = {{ "throughput" = "{x}" }}
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository of one tagged commit, where no CI system says anything."""
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    repository = BrokerRepository(tmp_path / "repository", sys.executable)
    repository.commit("v1")
    return repository


def change_with(made: BrokerRepository, *messages: str) -> Repository:
    """Add a commit for each message on top of v1."""
    for message in messages:
        made.git("commit", "-q", "--allow-empty", "-m", message)
    return Repository(made.root)


def test_the_base_of_a_branch_is_where_it_left(
    made: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a branch and a target that has gone on, the base is their fork; on the target itself it is the parent."""
    fork = made.git("rev-parse", "HEAD")
    made.git("checkout", "-q", "-b", "topic")
    repository = change_with(made, "one", "two")
    made.git("checkout", "-q", "main")
    change_with(made, "elsewhere")
    made.git("update-ref", "refs/remotes/origin/main", "main")
    assert base_of(repository, "topic") == fork
    assert base_of(repository, "main") == fork
    made.git("update-ref", "refs/remotes/origin/release", "topic~1")
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    assert base_of(repository, "topic") == made.git("rev-parse", "topic~1")
    monkeypatch.setenv("GITHUB_BASE_REF", "was-not-fetched")
    with pytest.raises(BadInput, match="fetch-depth: 0"):
        base_of(repository, "topic")


def test_a_base_that_nothing_tells_is_asked_for(made: BrokerRepository) -> None:
    """Given a first commit and no branch to merge into, the sentence says how to name a base or fetch the history."""
    with pytest.raises(BadInput, match=r"fetch-depth: 0.*perf gate BASE HEAD"):
        base_of(Repository(made.root), "HEAD")


def test_the_last_release_is_the_newest_tag_before_the_head(made: BrokerRepository) -> None:
    """Given tags in the history, the head's own is not its last release; without any there is none."""
    repository = change_with(made, "one")
    made.git("tag", "v2")
    assert last_release(repository, "HEAD") == "v1"
    with pytest.raises(BadInput, match="no tag in its history"):
        last_release(repository, "v1")


def test_trailers_between_base_and_head_accept_a_metric(made: BrokerRepository) -> None:
    """Given trailers in two commits, both are read with their reasons and commits; those before the base are not."""
    repository = change_with(
        made,
        "old\n\nPerf-Accept: p99 long ago",
        "checksums\n\nPerf-Accept: throughput@acks1 every batch is checksummed",
        "more\n\nSigned-off-by: nobody\nPerf-Accept: cpu_per_message it costs\n what it costs",
    )
    found, void = accepted(repository, "HEAD~2", "HEAD")
    assert void == []
    assert [a.metric for a in found] == ["cpu_per_message", "throughput@acks1"]
    assert found[0].reason == f"it costs what it costs ({made.git('rev-parse', '--short=10', 'HEAD')})"
    assert accepted(repository, "HEAD", "HEAD") == ([], [])
    assert accepted(repository, "HEAD~2", "worktree:")[0] == found


@pytest.mark.parametrize(
    ("trailer", "says"),
    [
        ("speed it is slower", "there is no metric 'speed'"),
        ("throughput", "gives no reason"),
        ("unstored it happens", "cannot be accepted"),
    ],
)
def test_a_trailer_that_accepts_nothing_is_told(trailer: str, says: str, made: BrokerRepository) -> None:
    """Given a trailer with an unknown metric, without a reason, or for lost messages, a good one beside it still holds.

    A sentence names its commit and why: it is history, and cannot be mended.
    """
    repository = change_with(
        made, f"change\n\nPerf-Accept: {trailer}", "good\n\nPerf-Accept: p99 larger batches"
    )
    found, (sentence,) = accepted(repository, "v1", "HEAD")
    assert [a.metric for a in found] == ["p99"]
    assert says in sentence
    assert made.git("rev-parse", "--short=10", "HEAD~1") in sentence


@pytest.mark.parametrize(
    ("message", "line", "why"),
    [
        (
            "change\n\nPerf-Accept: throughput because\n\nOne more paragraph.",
            "Perf-Accept: throughput because",
            "last paragraph",
        ),
        (
            "all (#7)\n\n* one\n\nPerf-Accept: throughput because\n\n* two\n\nSigned-off-by: nobody <n@o>",
            "Perf-Accept: throughput because",
            "last paragraph",
        ),
        ("change\n\nPerf-accepts: p99 because", "Perf-accepts: p99 because", "called Perf-Accept"),
        ("change\n\nperf-accepts : p99 because\n\nMore.", "perf-accepts : p99 because", "called Perf-Accept"),
        ("change\n\nPerf-Accept:", "", "there is no metric ''"),
    ],
)
def test_a_line_that_is_meant_as_a_trailer_and_is_none_is_told(
    message: str, line: str, why: str, made: BrokerRepository
) -> None:
    """Given a line that git calls no trailer, or one of a name like it, a sentence names it, its commit, and why."""
    repository = change_with(made, message, "good\n\nPerf-Accept: p99 larger batches")
    found, (sentence,) = accepted(repository, "v1", "HEAD")
    assert [a.metric for a in found] == ["p99"]
    assert "waives nothing" in sentence
    assert line in sentence
    assert why in sentence
    assert made.git("rev-parse", "--short=10", "HEAD~1") in sentence


def test_a_trailer_is_read_whatever_parts_its_words(made: BrokerRepository) -> None:
    """Given a tab after the metric, and letters in a reason that end a line elsewhere, both are read as they are meant.

    A line above the trailers that begins as one of them does is told all the same.
    """
    repository = change_with(
        made,
        "one\n\nPerf-Accept: p99\tlarger batches",
        "two\n\nPerf-Accept: throughput\n\nperf-accept: throughput every\x0cbatch\u2028is checksummed",
    )
    found, (sentence,) = accepted(repository, "v1", "HEAD")
    assert [a.metric for a in found] == ["throughput", "p99"]
    assert found[0].reason.startswith("every\x0cbatch\u2028is checksummed (")
    assert "'Perf-Accept: throughput'" in sentence


def test_a_change_cannot_loosen_its_own_gate(made: BrokerRepository) -> None:
    """Given a head that raises a threshold and drops a workload, the base's gate holds and each edit is announced."""
    file = made.root / "perf.toml"
    text = file.read_text()
    file.write_text(text + GATE.format(x="2%"))
    change_with(made, "unrelated")
    made.git("commit", "-qam", "gate")
    file.write_text(text + GATE.format(x="30%").replace('"raw"', '"acks1"'))
    made.git("commit", "-qam", "looser")
    gate, announced = own_gate_edited(Repository(made.root), "HEAD~1", "HEAD")
    assert gate.thresholds == {"throughput": "2%"}
    assert gate.workloads == ("raw",)
    assert any("workloads from raw to acks1" in line for line in announced)
    assert any("threshold of throughput from 2% to 30%" in line for line in announced)
    assert own_gate_edited(Repository(made.root), "HEAD", "HEAD")[1] == []


def test_the_present_tree_is_judged_by_the_gate_below_it(made: BrokerRepository) -> None:
    """Given a perf.toml that is edited and not committed, `worktree:` has HEAD as its base, whose gate holds."""
    file = made.root / "perf.toml"
    text = file.read_text()
    file.write_text(text + GATE.format(x="2%"))
    made.git("commit", "-qam", "gate")
    file.write_text(text + GATE.format(x="30%"))
    repository, head = Repository(made.root), made.git("rev-parse", "HEAD")
    assert base_of(repository, "worktree:") == head
    gate, announced = own_gate_edited(repository, head, "worktree:")
    assert gate.thresholds == {"throughput": "2%"}
    assert any("from 2% to 30%" in line for line in announced)


def test_a_change_that_brings_the_first_gate_is_not_judged_by_it(made: BrokerRepository) -> None:
    """Given a base without a gate, the head's own does not hold yet, and that is announced."""
    (made.root / "perf.toml").write_text((made.root / "perf.toml").read_text() + GATE.format(x="30%"))
    made.git("commit", "-qam", "gate")
    gate, announced = own_gate_edited(Repository(made.root), "v1", "HEAD")
    assert gate.thresholds == {}
    assert any("from the default to 30%" in line for line in announced)
