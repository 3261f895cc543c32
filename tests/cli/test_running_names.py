"""What a broker that perf did not start may be called, and which options have no meaning there; nothing is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.programs import one_sentence
from tests.cli.programs import refused as perf


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("kafka://", "no address"),
        ("kafka://127.0.0.1", "no address"),
        ("kafka://127.0.0.1:0", "no address"),
        ("kafka://127.0.0.1:99999", "no address"),
        ("kafka://::1:9092", "no address"),
        ("kafka://a:9092,b:9092", "several brokers"),
        ("kafka://alice:hunter2@127.0.0.1:9092", "no user and no password"),
        ("kafka://127.0.0.1:9092/topic", "a path"),
        ("kafka://127.0.0.1:9092?acks=0", "knows no 'acks'"),
        ("kafka://127.0.0.1:9092?metrics=https://127.0.0.1/metrics", "no http:// URL"),
        ("kafka://127.0.0.1:9092?metrics=http://a:hunter2@127.0.0.1/metrics", "no http:// URL"),
        ("kafka://127.0.0.1:9092?metrics=", "no http:// URL"),
    ],
)
def test_a_name_that_is_no_address_is_refused(given: str, says: str, tmp_path: Path) -> None:
    """Given what cannot be one broker's address, the sentence says why, repeats no password, and nothing is made."""
    done = perf(["compare", given, "kafka://127.0.0.1:9092"], tmp_path)
    assert done.returncode == 2
    assert says in one_sentence(done.stderr)
    assert "hunter2" not in done.stderr
    assert perf(["targets", given], tmp_path).returncode == 2


def test_a_name_is_explained(tmp_path: Path) -> None:
    """Given a running broker's name, `perf targets` says what it is and what of it is measured, and asks nobody."""
    done = perf(["targets", "kafka://[::1]:9092?metrics=http://[::1]:9404/metrics"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "the broker that runs at [::1]:9092" in done.stdout
    assert "http://[::1]:9404/metrics" in done.stdout
    assert "kafka://" in perf(["targets"], tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["instructions", "kafka://127.0.0.1:9092", "v2.2.0"], "runs already"),
        (["explain", "v2.2.0", "kafka://127.0.0.1:9092"], "runs already"),
        (["compare", "kafka://a:1", "kafka://b:1", "--set-base", "x=1"], "no settings to override"),
        (["compare", "kafka://a:1", "kafka://b:1", "--threshold", "cpu_per_message=3%"], "cpu_per_message"),
        (["compare", "kafka://a:1", "kafka://b:1", "--client-config", "nowhere"], "nowhere cannot be read"),
        (["compare", "kafka://a:1", "kafka://b:1", "--client-config", "empty"], "sets no property"),
        (
            ["compare", "v2.2.0", "v2.2.0", "--client-config", "ssl", "--workload", "raw"],
            "neither TLS nor SASL",
        ),
    ],
)
def test_what_has_no_meaning_there_is_refused(arguments: list[str], says: str, tmp_path: Path) -> None:
    """Given an option that a running broker or its clients cannot follow, it is refused and not left out in silence."""
    (tmp_path / "empty").write_text("# nothing\n")
    (tmp_path / "ssl").write_text("security.protocol=SSL\n")
    done = perf(arguments, tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in one_sentence(done.stderr)
