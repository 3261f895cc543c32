"""The history keeps what was measured, once, in SQLite or PostgreSQL, and never mixes machines or workloads."""

from __future__ import annotations

import contextlib
import dataclasses
import getpass
import math
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from chronik_perf.model import BadInput, Comparison, MeasurementFailed, Provenance, metric
from chronik_perf.model.history import Track
from chronik_perf.store import history
from chronik_perf.store.history_file import Given, of_file
from chronik_perf.store.history_run import of_comparison
from tests.builders import RAW, a_comparison


@cache
def measured(seed: int = 1) -> Comparison:
    return a_comparison(blocks=5, slices=2, evidence=False, histograms=False, workloads=(RAW,), seed=seed)


def run_of(day: int, *, commit: str = "", machine: str = "", dirty: bool = False) -> Comparison:
    """Give the comparison of a day: the candidate is a commit of its own, the base always the same."""
    made = measured()
    return dataclasses.replace(
        made,
        started_at=f"2026-03-{day:02d}T10:00:00+00:00",
        design=dataclasses.replace(made.design, seed=day),
        candidate=dataclasses.replace(
            made.candidate, provenance=Provenance("checkout", commit or f"{day:040d}", dirty)
        ),
        environment=dataclasses.replace(
            made.environment, fingerprint=machine or made.environment.fingerprint
        ),
    )


def track(tracks: tuple[Track, ...], name: str) -> Track:
    [found] = [t for t in tracks if t.name == name]
    return found


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL of our own, on loopback, and give its URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL server is installed (Debian's package postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    bin_, folder = programs[-1].parent, Path(tempfile.mkdtemp(prefix="perf-pg-"))
    # A server refuses to run as root; any other user may.
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    as_user = {"user": user} if os.geteuid() == 0 else {}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": folder}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        subprocess.run(
            [bin_ / "initdb", "-D", folder / "data", "-U", "perf", "--auth=trust", "--no-sync", "-E", "UTF8"],
            check=True,
            timeout=60,
            stderr=subprocess.DEVNULL,
            **as_user,
            **quiet,
        )
        options = ("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
        running = subprocess.Popen(
            [bin_ / "postgres", "-D", folder / "data", "-p", str(port), *options],
            stderr=subprocess.DEVNULL,
            **as_user,
            **quiet,
        )
        try:
            until = time.monotonic() + 30
            ready = [bin_ / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"]
            while subprocess.run(ready, check=False).returncode != 0:
                assert time.monotonic() < until, "the server did not become ready"
                time.sleep(0.1)
            yield f"postgresql://perf@127.0.0.1:{port}/postgres"
        finally:
            running.terminate()
            running.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give an empty history of each kind."""
    if request.param == "sqlite":
        yield str(tmp_path / "history.sqlite")
        return
    url = request.getfixturevalue("postgresql")
    yield url
    import psycopg

    with psycopg.connect(url) as connection:
        for table in ("readings", "occasions", "kinds", "schema"):
            connection.execute(f"DROP TABLE IF EXISTS perf_history_{table}")  # type: ignore[arg-type]


def test_what_was_measured_is_kept(where: str) -> None:
    """Given a run, its candidate's levels are kept: typical value, SD and number of blocks, beside the base's."""
    run = run_of(3)
    history.add(where, [of_comparison(run, label="nightly")])
    kept = track(history.tracks(where), "throughput@raw")
    [reading] = kept.readings
    take = metric("throughput").take
    pairs = [(take(b.base, "raw"), take(b.candidate, "raw")) for b in run.blocks]
    assert reading.level == pytest.approx(statistics.geometric_mean(float(c) for _, c in pairs))  # type: ignore[arg-type]
    ratios = [math.log(c / b) for b, c in pairs]  # type: ignore[operator]
    assert reading.against_base == pytest.approx(math.exp(statistics.fmean(ratios)))
    assert reading.against_base_sd == pytest.approx(statistics.stdev(ratios))
    assert reading.blocks == 5
    occasion = reading.occasion
    assert (occasion.version, occasion.base, occasion.label) == ("v2.2.7", "v2.2.0", "nightly")
    assert (occasion.time, occasion.commit, occasion.dirty) == ("2026-03-03T10:00:00Z", f"{3:040d}", False)
    assert occasion.machine == run.environment.fingerprint
    assert occasion.tools["kernel"] == run.environment.kernel
    assert (kept.kind.better, kept.kind.role, kept.kind.threshold) == ("higher", "gate", 0.05)


def test_results_come_in_order_of_time(where: str) -> None:
    """Given runs that are added in any order, a series has them in order of time; --at may move one."""
    for day in (5, 1, 3):
        history.add(where, [of_comparison(run_of(day))])
    history.add(where, [of_comparison(run_of(9), time="2026-03-02T00:00:00Z")])
    commits = [r.occasion.commit for r in track(history.tracks(where), "throughput@raw").readings]
    assert commits == [f"{day:040d}" for day in (1, 9, 3, 5)]


def test_a_run_is_added_once(where: str) -> None:
    """Given a run that is there, adding it again is refused and changes nothing; replacing takes its newest blocks."""
    run = run_of(3)
    history.add(where, [of_comparison(run)])
    fewer = dataclasses.replace(run, blocks=run.blocks[:4])
    with pytest.raises(BadInput, match=r"is in .* already.*--replace"):
        history.add(where, [of_comparison(run_of(4)), of_comparison(fewer)])
    assert [r.blocks for r in track(history.tracks(where), "throughput@raw").readings] == [5]
    history.add(where, [of_comparison(fewer)], replace=True)
    assert [r.blocks for r in track(history.tracks(where), "throughput@raw").readings] == [4]


def test_many_may_add_at_once(where: str) -> None:
    """Given eight programs that add to a history which is not there yet, all of their results are in it."""
    results = [of_comparison(run_of(day)) for day in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda result: history.add(where, [result]), results))
    assert len(track(history.tracks(where), "throughput@raw").readings) == 8


def test_machines_and_workloads_are_never_one_series(where: str) -> None:
    """Given another machine, or a workload of the same name with another message size, there is a series for each."""
    other = dataclasses.replace(RAW, message_size_bytes=1024)
    history.add(where, [of_comparison(run_of(1)), of_comparison(run_of(2, machine="another"))])
    history.add(where, [of_comparison(dataclasses.replace(run_of(3), workloads=(other,)))])
    retitled = dataclasses.replace(RAW, title="said otherwise")
    history.add(where, [of_comparison(dataclasses.replace(run_of(4), workloads=(retitled,)))])
    series = [t for t in history.tracks(where) if t.name == "throughput@raw"]
    assert sorted(len(t.readings) for t in series) == [1, 1, 2]
    assert len({(t.machine, t.kind.workload_identity) for t in series}) == 3


def test_a_base_that_nobody_can_name_is_no_base(where: str) -> None:
    """Given a base with uncommitted changes, its identity is empty: two of them may differ."""
    run = run_of(1)
    dirty = dataclasses.replace(
        run, base=dataclasses.replace(run.base, provenance=Provenance("checkout", "a" * 40, True))
    )
    history.add(
        where,
        [of_comparison(run), of_comparison(dataclasses.replace(dirty, started_at="2026-03-02T00:00:00Z"))],
    )
    first, second = (r.occasion for r in track(history.tracks(where), "throughput@raw").readings)
    assert first.base_identity and not second.base_identity
    assert second.base == "v2.2.0"


def test_what_could_not_be_measured_is_told_and_not_kept() -> None:
    """Given a metric that no block has, it is named with the reason, and there is no reading."""
    run = run_of(1)
    without = dataclasses.replace(
        run,
        blocks=tuple(
            dataclasses.replace(b, candidate=dataclasses.replace(b.candidate, latency={})) for b in run.blocks
        ),
    )
    result = of_comparison(without)
    assert "p99" not in {kind.metric for kind, _ in result.readings}
    assert any(sentence.startswith("response time p99 (raw): ") for sentence in result.missing)
    nothing = dataclasses.replace(run, blocks=())
    with pytest.raises(BadInput, match="no block that counts"):
        of_comparison(nothing)


def test_numbers_of_any_tool_are_kept(tmp_path: Path, where: str) -> None:
    """Given CSV or JSON of another tool, each row becomes a value of its series; one without a number is left out."""
    file = tmp_path / "boot.csv"
    file.write_text(
        "Commit,Metric,Value,Unit,Better,Time,Machine\n"
        "aaaaaaaaaaaaaaaa,boot,3.5,s,lower,2026-01-02T00:00:00+02:00,big\n"
        "bbbbbbbbbbbbbbbb,boot,,s,lower,2026-01-03,big\n"
        "cccccccccccccccc,boot,3.1,s,lower,1767312000,big\n"
    )
    history.add(where, of_file(file, Given()))
    file.write_text('[{"version": "1.0", "metric": "throughput", "value": 9, "workload": "raw"}]')
    history.add(where, of_file(file, Given(now="2026-01-01T00:00:00Z")))
    boot, throughput = track(history.tracks(where), "boot"), track(history.tracks(where), "throughput@raw")
    assert [(r.occasion.version, r.level) for r in boot.readings] == [
        ("aaaaaaaaaaaa", 3.5),
        ("cccccccccccc", 3.1),
    ]
    assert [r.occasion.time for r in boot.readings] == ["2026-01-01T22:00:00Z", "2026-01-02T00:00:00Z"]
    assert (throughput.kind.unit, throughput.kind.better) == ("msg/s", "higher")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("version,metric,value\n1,boot,3\n", "row 1 of .*which direction of boot is better"),
        ("version,metric,value,better\n1,boot,fast,lower\n", "row 1 of .*'fast', which is no number"),
        ("version,metric,value,better,time\n1,boot,3,lower,someday\n", "its time 'someday'"),
        ("metric,value\nboot,3\n", "needs metric, value, and version or commit"),
        ("version,metric,value,better\n1,boot,,lower\n", "holds no number"),
        ("", "holds no number"),
        ("[1, 2]", "neither CSV nor a JSON list of objects"),
        ("[{", "neither CSV nor a JSON list of objects"),
    ],
)
def test_a_bad_file_names_its_row(tmp_path: Path, content: str, said: str) -> None:
    """Given a file that cannot be read, the error says which row and why."""
    file = tmp_path / "numbers.csv"
    file.write_text(content)
    with pytest.raises(BadInput, match=said):
        of_file(file, Given(now="2026-01-01T00:00:00Z"))


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    """Given a missing file, another program's database, none, a folder or another kind of URL, one sentence says so."""
    result = of_comparison(run_of(1))
    missing = tmp_path / "missing.sqlite"
    with pytest.raises(BadInput, match=r"there is no history at .*missing.sqlite; begin one"):
        history.tracks(str(missing))
    assert not missing.exists()
    foreign = tmp_path / "foreign.sqlite"
    with contextlib.closing(sqlite3.connect(foreign)) as database:
        database.execute("CREATE TABLE customers (name TEXT)")
    with pytest.raises(BadInput, match="another program"):
        history.add(str(foreign), [result])
    with pytest.raises(BadInput, match="no history of perf"):
        history.tracks(str(foreign))
    words = tmp_path / "words.txt"
    words.write_text("not a database at all, but a text of some length\n" * 40)
    for touch in (lambda: history.tracks(str(words)), lambda: history.add(str(words), [result])):
        with pytest.raises(BadInput, match="is not a database"):
            touch()
    with pytest.raises(BadInput, match="is a folder"):
        history.add(str(tmp_path), [result])
    with pytest.raises(BadInput, match="kept in SQLite"):
        history.add("mysql://somewhere/else", [result])
    with pytest.raises(BadInput, match="cannot open"):
        history.add(str(tmp_path / "no" / "folder" / "h.sqlite"), [result])


def test_a_newer_history_is_refused(where: str) -> None:
    """Given a history of a later schema, nothing is read or written, and the sentence says what to do."""
    history.add(where, [of_comparison(run_of(1))])
    from sqlalchemy import update

    from chronik_perf.store.history_tables import connect, schema

    engine, _ = connect(where)
    with engine.begin() as connection:
        connection.execute(update(schema).values(version=99))
    engine.dispose()
    for touch in (lambda: history.tracks(where), lambda: history.add(where, [of_comparison(run_of(2))])):
        with pytest.raises(BadInput, match="written by a newer perf"):
            touch()


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    """Given a database that refuses a row half-way, the sentence says so and nothing of that run is kept."""
    where = tmp_path / "h.sqlite"
    history.add(str(where), [of_comparison(run_of(1))])
    with contextlib.closing(sqlite3.connect(where)) as database:
        database.execute(
            "CREATE TRIGGER full BEFORE INSERT ON perf_history_readings WHEN NEW.kind > 3 "
            "BEGIN SELECT json('disk full'); END"
        )
        database.commit()
    with pytest.raises(MeasurementFailed, match="cannot write to the history"):
        history.add(str(where), [of_comparison(run_of(2))])
    assert len(track(history.tracks(str(where)), "throughput@raw").readings) == 1


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path: Path) -> None:
    """Given a URL where nothing listens, the sentence names it and keeps the password to itself."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises((BadInput, MeasurementFailed)) as told:
        history.tracks(f"postgresql://perf:secret@127.0.0.1:{port}/perf")
    assert "secret" not in str(told.value) and str(port) in str(told.value)
    assert "\n" not in str(told.value)
