"""Bad input and bad brokers: one clear sentence on stderr, the documented exit code, no traceback, no orphan."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.programs import children_left, environment, one_sentence, perf, refused

FAULTY = Path(__file__).with_name("faulty_broker.py")


def command(mode: str) -> str:
    return f"command:{sys.executable} {FAULTY} {mode} --port {{port}} --data-dir {{data_dir}}"


def left_in(folder: Path) -> list[Path]:
    """Give what a run left below a folder, beside the lock that tests keep there."""
    return [f for f in folder.rglob("*") if f.is_file() and f.name != "chronik-perf.lock"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "v2.2.0"], "two versions"),
        (["compare", "v2.2.0", "v2.2.7", "--workload", "acks7"], "acks7"),
        (["compare", "v2.2.0", "v2.2.7", "--threshold", "speed=3%"], "speed"),
        (["compare", "v2.2.0", "v2.2.7", "--blocks", "1"], "at least 8"),
        (["compare", "v2.2.0", "v2.2.7", "--set-base", "wal.profile"], "KEY=VALUE"),
        (["compare", "v2.2.0", "v2.2.7", "--set-base", "wal.flavour=low"], "wal.flavour"),
        (["bench", "--bootstrap-servers", "127.0.0.1:1", "--acks", "7"], "acks"),
        (["bench", "--bootstrap-servers", "127.0.0.1:1", "--duration", "0s"], "duration"),
        (["report", "there-is-no-such-run"], "there-is-no-such-run"),
        (["compare", "--resume", "run", "--seed", "3"], "--seed"),
        (["compare", "--resume", "there-is-no-such-run"], "there-is-no-such-run"),
        (["compare", "v2.2.0", "v2.2.7", "--family-error", "0"], "error"),
        (["compare", "v2.2.0", "v2.2.7", "--budget", "9999h"], "a week"),
        (["compare", "v2.2.0", "v2.2.7", "--quick", "--cpu-profile", "1m"], "leave it or --quick out"),
        (
            ["compare", "v2.2.0", "v2.2.7", "--cpu-profile", "1m"],
            "under 3 workloads leaves too little of the budget",
        ),
        (["compare", "v2.2.0", "v2.2.7", "--out", "/proc/run"], "/proc/run"),
        (["baseline", "show", "v9.9.9"], "v9.9.9"),
        (["baseline", "list", "--folder", "nowhere"], "nowhere"),
        (["compare", "v2.2.0", "v2.2.7", "--data-dir", "/dev/null/d"], "--data-dir cannot be written"),
        (["doctor", "--keep", "/dev/null/runs"], "--keep cannot be written, as /dev/null is no folder"),
        (["history", "show", "--html", "/dev/null/page.html"], "--html cannot be written"),
        (["history", "show", "--html", "."], "--html is ., which is a folder"),
        (["report", "run", "--out", "/dev/null/report"], "--out cannot be written"),
        (["comapre"], "Did you mean 'compare'? See"),
    ],
)
def test_bad_usage_exits_with_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    """Given words that cannot be right, the program names the one that is wrong and exits with 2."""
    done = refused(arguments, tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in one_sentence(done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert not left_in(tmp_path)


def test_a_process_says_and_exits_as_the_function_returns(tmp_path: Path) -> None:
    """Given a version that there is not, the program itself names it as its last word and exits with 2."""
    arguments = ["compare", "v2.2.0", "v9.9.9"]
    done, here = perf(arguments, cwd=tmp_path), refused(arguments, tmp_path)
    assert done.returncode == here.returncode == 2, done.stderr
    assert "v9.9.9" in one_sentence(done.stderr)
    assert one_sentence(done.stderr) == one_sentence(here.stderr)
    assert not left_in(tmp_path)


def test_an_output_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    """Given an output folder that holds something, nothing is written into it."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    done = refused(["compare", "v2.2.0", "v2.2.7", "--out", str(folder)], tmp_path)
    assert done.returncode == 2
    assert "run" in one_sentence(done.stderr)
    assert [p.name for p in folder.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", json.dumps({"schema_version": 999})])
def test_an_unreadable_result_file_is_named(content: str, tmp_path: Path) -> None:
    """Given a file that is not a comparison, the program says which file and exits with 2."""
    (tmp_path / "comparison.json").write_text(content)
    done = refused(["report", str(tmp_path)], tmp_path)
    assert done.returncode == 2
    assert "comparison.json" in one_sentence(done.stderr)


def test_nobody_listens(tmp_path: Path) -> None:
    """Given an address where nobody listens, bench says so within bounds and exits with 4."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = perf(["bench", "--bootstrap-servers", f"127.0.0.1:{port}", "--duration", "1s"], cwd=tmp_path)
    assert done.returncode == 4
    assert str(port) in one_sentence(done.stderr)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("dies-at-start", "no such cheese"),
        ("dies-when-ready", ""),
        ("dies-under-load", ""),
        ("lets-a-stranger-listen", "does not belong to"),
        ("leaves-its-port-to-a-stranger", "does not belong to"),
    ],
)
def test_a_broker_that_fails_fails_the_measurement(mode: str, says: str, tmp_path: Path) -> None:
    """Given a broker that dies or is not the one that answers, the comparison exits with 4, never with 1."""
    done = perf(["compare", command(mode), "v2.2.0", "--quick"], cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert says in one_sentence(done.stderr)
    assert not children_left(tmp_path)
    assert not [f for f in left_in(tmp_path) if f.suffix != ".log" and f.name != ".gitignore"]


def test_a_port_in_use_is_what_the_sentence_says(tmp_path: Path) -> None:
    """Given a broker whose port is taken, the sentence holds the broker's own words on it, and the exit code is 4."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        start = f"exec {sys.executable} -m broker start --port {port} --data-dir {{data_dir}} # {{port}}"
        done = perf(["compare", f"command:sh -c '{start}'", "v2.2.0", "--quick"], cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert f"port {port}" in one_sentence(done.stderr)
    assert "in use" in one_sentence(done.stderr)
    assert not children_left(tmp_path)


def test_acks1_on_tmpfs_is_refused(tmp_path: Path) -> None:
    """Given a data folder in memory, where a sync costs nothing, acks=1 is not measured there, and nothing is left."""
    folder = Path("/dev/shm") / tmp_path.name / "data"
    done = refused(["compare", "v2.2.0", "v2.2.7", "--quick", "--data-dir", str(folder)], tmp_path)
    assert done.returncode == 4, done.stderr
    assert "--allow-tmpfs" in one_sentence(done.stderr)
    assert not left_in(tmp_path)
    assert not folder.exists()
    folder.parent.rmdir()


def test_a_broker_that_ignores_the_stop_signal_is_killed_and_named(tmp_path: Path) -> None:
    """Given a broker that ignores SIGTERM, it is killed after a grace period and the result says so."""
    out = tmp_path / "run"
    arguments = [
        "compare",
        command("ignores-term"),
        "v2.2.0",
        "--workload",
        "raw",
        "--budget",
        "1s",
        "--no-profiles",
    ]
    done = perf([*arguments, "--quick", "--out", str(out)], cwd=tmp_path)
    assert done.returncode in (0, 1, 3), done.stderr
    document = json.loads((out / "comparison.json").read_text())
    for block in document["blocks"]:
        assert any("killed" in note for note in block["base"]["notes"])
        assert not block["candidate"]["notes"] or "killed" not in str(block["candidate"]["notes"])
    assert not children_left(tmp_path)


def test_a_full_disk_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """Given a disk that cannot hold a block, the program says how much is free and exits with 4."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare (util-linux) is missing")
    disk = tmp_path / "disk"
    disk.mkdir()
    program = f"mount -t tmpfs -o size=16m none {disk} && exec {sys.executable} -m chronik_perf"
    arguments = ["compare", "v2.2.0", "v2.2.7", "--quick", "--allow-tmpfs", "--data-dir", str(disk)]
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not make a mount namespace")
    done = subprocess.run(
        [*namespace, "sh", "-c", f"{program} {' '.join(arguments)}"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "free" in one_sentence(done.stderr)
    assert not (tmp_path / "runs").exists()


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """Given a run under way, a second one on the same machine is refused and names the first."""
    first = subprocess.Popen(
        [sys.executable, "-m", "chronik_perf", "compare", "v2.2.0", "v2.2.0", "--quick", "--wait"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert first.stderr is not None
        first.stderr.readline()  # it says that it began
        done = perf(["compare", "v2.2.0", "v2.2.7", "--quick"], cwd=tmp_path)
        assert done.returncode == 4
        assert str(first.pid) in one_sentence(done.stderr)
    finally:
        first.send_signal(2)
        first.wait(60)
    assert first.returncode == 130
    assert not children_left(tmp_path)


def test_a_second_run_is_refused_and_leaves_no_folder(tmp_path: Path) -> None:
    """Given another measurement on this machine, a run is refused with 4 and its folder is not made."""
    with (tmp_path / "chronik-perf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = refused(["compare", "v2.2.0", "v2.2.7", "--out", "new/run"], tmp_path)
    assert done.returncode == 4
    assert "another measurement" in one_sentence(done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_a_second_run_that_waits_says_so_and_goes_on(tmp_path: Path) -> None:
    """Given --wait while another measurement has the machine, the run begins when that has ended."""
    with (tmp_path / "chronik-perf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-m", "chronik_perf", "compare", command("dies-at-start"), "v2.2.0", "--wait"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        assert any("waiting" in line for line in second.stderr)
        assert second.poll() is None
    _, stderr = second.communicate(timeout=60)
    assert second.returncode == 4
    assert "no such cheese" in one_sentence(stderr)


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        (["v9.9.9"], "v9.9.9"),
        (["v2.2.7", "--out", "/proc/run"], "/proc/run"),
        (["v2.2.7", "--client-config", "unknown"], 'property: "ssl.ca.lacotion"'),
        (["v2.2.7", "--client-config", "lost"], "ssl.ca.location failed"),
    ],
)
def test_a_slip_does_not_wait_for_the_machine(slip: list[str], says: str, tmp_path: Path) -> None:
    """Given a version, folder or client's property that cannot be, that is said at once, whoever has the machine."""
    (tmp_path / "unknown").write_text("ssl.ca.lacotion=ca.pem\n")
    (tmp_path / "lost").write_text("security.protocol=SSL\nssl.ca.location=nowhere.pem\n")
    with (tmp_path / "chronik-perf.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = refused(["compare", "v2.2.0", *slip, "--wait"], tmp_path)
    assert done.returncode == 2
    assert says in one_sentence(done.stderr)


def test_a_reader_who_has_gone_is_no_regression(tmp_path: Path) -> None:
    """Given a pipe that nobody reads any more, the exit code is not 1, which would mean a regression."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "chronik_perf", "compare", "--help"],
        cwd=tmp_path,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.returncode != 1
    assert "Traceback" not in done.stderr
