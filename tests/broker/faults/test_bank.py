"""The bank of faults: each can be switched on, none is there unless it is, and all are described."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import broker.faults
from broker.config import load_config
from broker.faults.fault import Fault
from broker.faults.registry import NAMES, fault
from broker.parts import Parts, parts_of
from tests.broker.conftest import ROOT, StartBroker
from tests.broker.faults.load import produce
from tests.broker.wire import Wire

HELPERS = {"__init__", "fault", "often", "composing", "registry", "splitting"}


@pytest.mark.parametrize("name", NAMES)
def test_a_broker_with_a_fault_serves_and_stops(start_broker: StartBroker, name: str) -> None:
    """At full strength 100 messages are acknowledged in order, and SIGTERM ends the process with 0."""
    setting = f"fault.{name}"
    broker = start_broker(f"{setting}={fault(name).full}")
    with Wire(broker.address) as client:
        client.create("honest")
        results = produce(client, "honest", 100)

    assert broker.ready["config"][setting] == fault(name).full
    assert [error for error, _ in results] == [0] * 100
    assert broker.stop() == 0
    assert "Traceback" not in broker.stderr


@pytest.mark.parametrize("settings", [[], ["fault.cpu=0", "fault.early_ack=0.0"]])
def test_without_a_fault_the_parts_are_the_brokers_own(settings: list[str]) -> None:
    """No strength, or 0, gives the very classes that were written, and whose methods are therefore theirs."""
    parts = parts_of(load_config("v2.2.0", settings))

    assert parts == Parts()
    for name in Parts.__slots__:
        part = getattr(parts, name)
        assert part.__module__.startswith("broker.") and "faults" not in part.__module__
        assert part is getattr(import_module(part.__module__), part.__name__)


def test_without_a_fault_nothing_of_the_bank_is_imported() -> None:
    """A process that has composed a broker knows no module of the bank."""
    code = (
        "import sys; from broker.config import load_config; from broker import run; from broker.parts import parts_of;"
        "parts_of(load_config('v2.2.0', [])); print([name for name in sys.modules if 'faults' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_fault_derives_what_it_changes_and_leaves_the_rest(name: str) -> None:
    """Each puts subclasses in the place of one part or two, and every other part stays what it was."""
    parts, plain = parts_of(load_config("v2.2.0", [f"fault.{name}={fault(name).full}"])), Parts()
    changed = [place for place in Parts.__slots__ if getattr(parts, place) is not getattr(plain, place)]

    assert 1 <= len(changed) <= 2
    for place in changed:
        assert issubclass(getattr(parts, place), getattr(plain, place))


def test_each_fault_has_its_score_told() -> None:
    """The score in docs/faults.md has a row for each fault."""
    page = (ROOT / "docs" / "faults.md").read_text().partition("## The score so far")[2].partition("\n## ")[0]
    told = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")]

    assert sorted(told[1:]) == sorted(NAMES)


def test_faults_add_up(start_broker: StartBroker) -> None:
    """Given two faults of one part and one of another, the damage of all three is there."""
    broker = start_broker("fault.spawn=1", "fault.stored_twice=1", "fault.batching_lost=1")
    with Wire(broker.address) as client:
        client.create("three")
        before = broker.metrics()
        produce(client, "three", 10)

        # The second one of each is not waited for by its client.
        while client.end("three") < 20:
            pass
    after = broker.metrics()
    for counter in ("chronik_asyncio_tasks_created_total", "chronik_wal_commits_total"):
        assert after[counter] - before[counter] == 20


def test_all_faults_at_once_still_serve(start_broker: StartBroker) -> None:
    """Given every fault at a tenth of its strength, in another release, requests are answered in order."""
    broker = start_broker(*(f"fault.{name}={fault(name).full / 10}" for name in NAMES), version="v2.2.7")
    with Wire(broker.address) as client:
        client.create("all")

        assert [error for error, _ in produce(client, "all", 100)] == [0] * 100
    assert broker.stop() == 0


def test_a_release_may_name_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a release file with a strength in its table of faults, that is its configuration."""
    release = (ROOT / "broker" / "releases" / "v2.2.0.toml").read_text()
    (tmp_path / "v9.toml").write_text(f"{release}\ncpu = 12\n")
    monkeypatch.setattr("broker.config.RELEASES_DIR", tmp_path)

    assert load_config("v9", []).flat()["fault.cpu"] == 12.0
    assert load_config("v9", ["fault.cpu=0"]).flat()["fault.cpu"] == 0.0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("fault.cpus=1", "unknown fault 'cpus'; known faults are cpu, "),
        ("fault=1", "unknown fault ''"),
        ("fault.cpu=much", "fault.cpu takes a number of 0 or more (µs of CPU per batch), got 'much'"),
        ("fault.cpu=-1", "fault.cpu takes a number of 0 or more (µs of CPU per batch), got '-1'"),
        (
            "fault.lock=1.5",
            "fault.lock takes a number from 0 to 1 (share of turns of the event loop), got 1.5",
        ),
    ],
)
def test_a_fault_that_cannot_be_gets_a_sentence(tmp_path: Path, setting: str, said: str) -> None:
    """A name or a strength that is none is refused at start like any other setting."""
    command = [
        sys.executable,
        "-m",
        "broker",
        "start",
        "--data-dir",
        str(tmp_path / "data"),
        "--set",
        setting,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_every_module_of_the_bank_is_registered() -> None:
    """A module is a fault with a name in the registry, or one of the helpers."""
    assert broker.faults.__file__
    modules = {path.stem for path in Path(broker.faults.__file__).parent.glob("*.py")}

    assert modules - HELPERS == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_says_what_it_is(name: str) -> None:
    """The module tells its mechanism, where it is from, what its strength means and what is to be seen of it."""
    words = " ".join((import_module(f"broker.faults.{name}").__doc__ or "").split())

    for part in ("atalogue", "Strength: ", "To be seen: "):
        assert part in words


def test_the_bank_can_be_listed() -> None:
    """`python -m broker faults` gives a line of JSON for each fault."""
    command = [sys.executable, "-m", "broker", "faults"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    listed = [json.loads(line) for line in done.stdout.splitlines()]

    assert [one["key"] for one in listed] == [f"fault.{name}" for name in NAMES]
    assert all(one["moves"] and one["culprit"] and one["full"] > 0 for one in listed)


def test_the_page_of_faults_is_the_registry() -> None:
    """The table in docs/faults.md has a row for each fault, in order, and says what the fault says."""
    page = (ROOT / "docs" / "faults.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `fault.")]

    assert rows == [row(name, fault(name)) for name in NAMES]


def row(name: str, known: Fault) -> str:
    cells = (
        known.mechanism,
        known.incident,
        known.unit,
        f"{known.full:g}",
        ", ".join(known.moves),
        known.culprit,
    )
    return f"| `fault.{name}` | {' | '.join(cells)} |"
