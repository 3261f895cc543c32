"""Faults of other differential flame graphs that only real profiles can have; `Fault:` names each."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from chronik_perf.model import Profile
from chronik_perf.sampling import profilers
from tests.sampling.program import started

# One function that is busy on two of its lines, and another that calls it.
PROGRAM = """
import json, socket, threading, time
{moved}
def work():
    t0 = time.thread_time()
    while time.thread_time() - t0 < 0.01: pass
    t1 = time.thread_time()
    while time.thread_time() - t1 < 0.01: pass
def main():
    while True:
        work()
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({{"port": listener.getsockname()[1]}}), flush=True)
main()
"""


def profile_of(folder: Path, moved: str) -> Profile:
    """Profile the program for half a second, with some lines put in above its functions."""
    folder.mkdir()
    with started(PROGRAM.format(moved=moved), folder) as broker:
        with profilers.record(broker.pid, "cpu") as recording:
            time.sleep(0.5)
        taken = recording.profile("base", "raw", stored=1000)
    assert isinstance(taken, Profile), taken
    return taken


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Profile, Profile]:
    """Give profiles of the program, and of the same one thirty lines further down its file."""
    folder = tmp_path_factory.mktemp("faults")
    return profile_of(folder / "as-it-was", ""), profile_of(folder / "moved", "# a comment\n" * 30)


def test_self_time_of_a_function_is_one_figure_whatever_line_it_was_on(
    profiles: tuple[Profile, Profile],
) -> None:
    """Fault: self time counted twice across lines of one function. It has one leaf, and all samples of both lines."""
    own: Counter[str] = Counter()
    for stack, samples in profiles[0].stacks.items():
        own[stack.rpartition(";")[2]] += samples
    assert {frame for frame in own if frame.startswith("work")} == {"work (program.py)"}
    assert own["work (program.py)"] > 0.8 * profiles[0].samples
    assert own.total() == profiles[0].samples


def test_a_line_that_moved_renames_no_frame(profiles: tuple[Profile, Profile]) -> None:
    """Fault: frames renamed by a moved line. The same function thirty lines further down has the same name."""
    whole = "MainThread;<module> (program.py);main (program.py);work (program.py)"
    for profile in profiles:
        assert profile.stacks[whole] > 0.8 * profile.samples
