"""Instructions counted on real processes under real valgrind: what is counted, and what a count cannot see."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chronik_perf.experiment.counting import CountingPlan, Valgrind, count
from chronik_perf.model import MeasurementFailed, Target
from chronik_perf.model.instructions import CountedRun
from chronik_perf.targets import resolve
from tests.cli.programs import children_left
from tests.programs import need

BROKER = Path(__file__).with_name("counted_broker.py")
PLAN = CountingPlan(short=64, long=1088, repeats=1)


@pytest.fixture(scope="module")
def valgrind() -> Valgrind:
    """Give the installed valgrind."""
    need("valgrind")
    return Valgrind.find()


def small(*arguments: str) -> Target:
    """Give the small broker, which works, waits or fails as its arguments say."""
    words = " ".join(("-I", "-S", str(BROKER), "--port", "{port}", *arguments))
    return resolve(f"command:{sys.executable} {words}")


def counted(valgrind: Valgrind, base: Target, candidate: Target, folder: Path) -> list[CountedRun]:
    return list(count((base, candidate), PLAN, valgrind, folder, None, lambda _: None))


def test_the_reference_broker_is_counted(valgrind: Valgrind, tmp_path: Path) -> None:
    """Given a release, it starts, serves and stops under valgrind; the interpreter's own functions have names."""
    growing = count((resolve("v2.2.7"),) * 2, PLAN, valgrind, tmp_path, None, lambda _: None)
    first = next(growing)
    growing.close()
    assert first.messages == PLAN.short
    assert sum(first.by_function.values()) == first.instructions
    assert any("PyEval" in name for name in first.by_function)


def test_a_broker_behind_a_shell_is_counted_itself(valgrind: Valgrind, tmp_path: Path) -> None:
    """Given a command that starts its broker through a shell, it is the broker's work that is counted."""
    words = f"exec {sys.executable} -I -S {BROKER} --port {{port}} --work 100"
    target = resolve(f"command:sh -c '{words}'")
    growing = count((target, target), PLAN, valgrind, tmp_path, None, lambda _: None)
    first = next(growing)
    growing.close()
    assert any("PyEval" in name for name in first.by_function)


def test_messages_that_are_not_stored_are_told(valgrind: Valgrind, tmp_path: Path) -> None:
    """Given a broker that acknowledges more than it stores, nothing is divided by the wrong number."""
    with pytest.raises(MeasurementFailed, match="acknowledged 64 messages and stored 61"):
        counted(valgrind, small("--loses", "3"), small(), tmp_path)
    assert not children_left(tmp_path)


def test_a_broker_that_dies_is_named_with_its_last_words(valgrind: Valgrind, tmp_path: Path) -> None:
    """Given a broker that ends under load, the sentence holds what it said, and no process is left."""
    with pytest.raises(MeasurementFailed, match="the disk is on fire"):
        counted(valgrind, small("--dies-after", "40"), small(), tmp_path)
    assert not children_left(tmp_path)


def test_an_interrupted_count_leaves_nothing(valgrind: Valgrind, tmp_path: Path) -> None:
    """Given a count that is given up after its first start, no process is left and no data."""
    growing = count((small(), small()), PLAN, valgrind, tmp_path, None, lambda _: None)
    next(growing)
    growing.close()
    assert not children_left(tmp_path)
    assert not (tmp_path / "data").exists()


def test_without_valgrind_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Given a machine without valgrind, the count is unavailable, with why and what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MeasurementFailed, match=r"unavailable.*install"):
        Valgrind.find()
