"""What other tools read of a run, read by those tools."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyperf
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from chronik_perf.model import SIDES, Comparison, MeasurementFailed, Profile, Unavailable, metric, summed
from chronik_perf.store import RunFolder, save, write_artifacts
from tests.builders import a_comparison, a_target, with_load


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Give the incident, with one block that was discarded."""
    made = a_comparison(blocks=5, slices=4)
    spoilt = dataclasses.replace(made.blocks[1], discarded="the canaries moved")
    return dataclasses.replace(made, blocks=(made.blocks[0], spoilt, *made.blocks[2:]))


def sides_of(comparison: Comparison) -> Iterator[Profile]:
    """Give one profile a side, workload and kind: the sum of its starts."""
    starts: dict[tuple[str, str, str], list[Profile]] = {}
    for p in comparison.profiles:
        starts.setdefault((p.side, p.workload, p.kind), []).append(p)
    for several in starts.values():
        assert len(several) == 4
        yield summed(several)


@pytest.fixture(scope="module")
def run(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Give the run's folder with everything written."""
    folder = RunFolder.create(tmp_path_factory.mktemp("run"), "v2.2.0", "v2.2.7")
    save(comparison, folder.path)
    write_artifacts(comparison, folder)
    return folder


def run_pyperf(*arguments: str | Path) -> str:
    """Run pyperf's own command and give what it printed."""
    command = [sys.executable, "-m", "pyperf", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pyperf_calls_the_slower_slower(run: RunFolder) -> None:
    """Given v2.2.7 with a nineteenth of the throughput, `pyperf compare_to` says 19 times slower, and faster back."""
    base, candidate = (run.pyperf_path("acks1", side) for side in SIDES)
    forth = run_pyperf("compare_to", base, candidate)
    back = run_pyperf("compare_to", candidate, base)
    assert re.search(
        r"\[acks1-base\] 4\.\d+ us .*\[acks1-candidate\] 9\d\.?\d* us.*: 1[89]\.\d+x slower", forth
    )
    assert re.search(r"1[89]\.\d+x faster", back)


def test_pyperf_shows_a_run_per_start(run: RunFolder, comparison: Comparison) -> None:
    """Given four blocks that count, pyperf has four runs of four slices, and knows what and where they are."""
    shown = run_pyperf("show", "--metadata", run.pyperf_path("raw", "candidate"))
    assert "Mean +- std dev" in shown
    assert "v2.2.7" in shown
    assert comparison.workload("raw").describe() in shown
    benchmark = pyperf.Benchmark.load(str(run.pyperf_path("raw", "candidate")))
    assert (benchmark.get_nrun(), benchmark.get_nvalue(), benchmark.get_unit()) == (4, 16, "second")


def test_pyperf_holds_seconds_per_stored_message(run: RunFolder, comparison: Comparison) -> None:
    """Given slices of one length, the inverse of the mean of each run is that start's throughput."""
    benchmark = pyperf.Benchmark.load(str(run.pyperf_path("acks0", "base")))
    for block, one in zip(comparison.kept_blocks, benchmark.get_runs(), strict=True):
        throughput = metric("throughput").take(block.base, "acks0")
        harmonic = len(one.values) / sum(1 / v for v in one.values)
        assert 1 / harmonic == pytest.approx(throughput)


def test_latencies_read_back_with_every_count(run: RunFolder, comparison: Comparison) -> None:
    """Given the logs, HistogramLogReader finds one tagged histogram a slice, and every acknowledged message.

    The blocks' clocks are in no order, as those of a run that was resumed after a reboot.
    """
    for workload in ("acks1", "raw"):
        for side in SIDES:
            path = str(run.latency_path(workload, side))
            reader = HistogramLogReader(path, HdrHistogram(1, 60_000_000, 3))
            histograms = list(iter(reader.get_next_interval_histogram, None))
            slices = {
                f"b{block.index}-s{number}": one
                for block in comparison.kept_blocks
                for number, one in enumerate(block.side(side).gate_slices(workload))
            }
            counts = {h.get_tag(): h.get_total_count() for h in histograms}
            assert counts == {tag: s.load.acked for tag, s in slices.items()}
            assert len(counts) == len(histograms) == 16
            merged = HistogramLogReader(path, HdrHistogram(1, 60_000_000, 3))
            total = HdrHistogram(1, 60_000_000, 3)
            while merged.add_next_interval_histogram(total):
                pass
            assert total.get_total_count() == sum(s.load.acked for s in slices.values())
            p50_ms = total.get_value_at_percentile(50) / 1e3
            assert p50_ms == pytest.approx(slices["b0-s0"].load.response.p50_ms, rel=0.02)


def test_time_stamps_are_those_of_the_slices(run: RunFolder, comparison: Comparison) -> None:
    """Given the logs, intervals are as long as their windows and as far apart as they were."""
    reader = HistogramLogReader(str(run.latency_path("raw", "base")), HdrHistogram(1, 60_000_000, 3))
    by_tag = {h.get_tag(): h for h in iter(reader.get_next_interval_histogram, None)}
    first, second = by_tag["b0-s0"], by_tag["b0-s1"]
    a, b, *_ = comparison.blocks[0].base.gate_slices("raw")
    lasted_ms = first.get_end_time_stamp() - first.get_start_time_stamp()
    assert lasted_ms == pytest.approx(a.load.window_s * 1e3, abs=0.01)
    apart_ms = second.get_start_time_stamp() - first.get_start_time_stamp()
    assert apart_ms == pytest.approx((b.load.first_send_ns - a.load.first_send_ns) / 1e6, abs=0.01)


def test_nothing_to_time_has_no_log(run: RunFolder) -> None:
    """Given acks=0, which is never acknowledged, there is no latency file, and no profile that was not taken."""
    assert not run.latency_path("acks0", "base").exists()
    assert not list(run.profiles.glob("acks0-*"))
    assert (run.profiles / "raw-candidate-wall.folded").exists()


def test_folded_stacks_hold_every_sample(run: RunFolder, comparison: Comparison) -> None:
    """Given a folded file, splitting at the last space of each line gives the profile back."""
    for profile in sides_of(comparison):
        lines = run.profile_path(profile, ".folded").read_text().splitlines()
        pairs = (line.rpartition(" ") for line in lines)
        assert {stack: int(count) for stack, _, count in pairs} == profile.stacks


def test_speedscope_weighs_cpu_seconds(run: RunFolder, comparison: Comparison) -> None:
    """Given speedscope's file, stacks resolve to frames, and the weights are the CPU seconds or the time sampled."""
    for profile in sides_of(comparison):
        document = json.loads(run.profile_path(profile, ".speedscope.json").read_text())
        assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
        [one] = document["profiles"]
        frames = document["shared"]["frames"]
        assert (one["type"], one["unit"], one["startValue"]) == ("sampled", "seconds", 0)
        assert one["endValue"] == pytest.approx(sum(one["weights"]))
        wanted = profile.cpu_s if profile.kind == "cpu" else profile.samples / profile.rate_hz
        assert one["endValue"] == pytest.approx(wanted)
        spelled = {";".join(_text(frames[i]) for i in sample) for sample in one["samples"]}
        assert len(one["samples"]) == len(one["weights"])
        assert spelled == set(profile.stacks)


def _text(frame: dict[str, str]) -> str:
    return f"{frame['name']} ({frame['file']})" if "file" in frame else frame["name"]


def test_a_frame_keeps_its_line_and_cpu_that_is_unknown_is_time(
    comparison: Comparison, tmp_path: Path
) -> None:
    """Given frames with line numbers and no CPU reading, lines are kept and a sample weighs what lay between two."""
    stacks = {"wal;commit (broker/wal/commit.py:91)": 3, "wal;<lambda> (x.py:7);odd (not a file)": 1}
    profile = Profile("base", "raw", "cpu", 50, 4, 2.0, Unavailable("no"), 9, stacks)
    folder = RunFolder(tmp_path)
    write_artifacts(dataclasses.replace(comparison, blocks=(), profiles=(profile,)), folder)
    document = json.loads(folder.profile_path(profile, ".speedscope.json").read_text())
    assert {"name": "commit", "file": "broker/wal/commit.py", "line": 91} in document["shared"]["frames"]
    assert sorted(document["profiles"][0]["weights"]) == [0.02, 0.06]


def test_an_interrupted_run_has_what_there_is(tmp_path: Path) -> None:
    """Given no block yet, or one side that stored nothing, the rest is written and nothing fails."""
    empty = dataclasses.replace(a_comparison(blocks=1, slices=1), blocks=(), profiles=())
    write_artifacts(empty, RunFolder(tmp_path / "empty"))
    assert not (tmp_path / "empty").exists()
    dead = a_comparison(blocks=1, slices=2, evidence=False)
    dead = with_load(dead, "candidate", lambda w: dataclasses.replace(w, stored=0, acked=0, response=None))
    write_artifacts(dead, RunFolder(tmp_path / "dead"))
    names = {p.name for p in (tmp_path / "dead").rglob("*") if p.is_file()}
    assert names == {
        "acks1-base.json",
        "raw-base.json",
        "acks0-base.json",
        "acks1-base.hlog",
        "raw-base.hlog",
    }


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    """Given a workload and a target with names that are paths and hold line breaks, files stay in the run."""
    made = a_comparison(blocks=1, slices=1, evidence=False)
    odd = dataclasses.replace(made.workloads[0], name="../../etc/x")
    start = {
        "slices": (dataclasses.replace(made.blocks[0].base.slices[0], workload=odd.name),),
        "latency": {},
    }
    block = dataclasses.replace(made.blocks[0], base=dataclasses.replace(made.blocks[0].base, **start))
    target = dataclasses.replace(a_target("v2.2.0"), name="command:a\n b")
    made = dataclasses.replace(made, workloads=(odd,), blocks=(block,), base=target)
    write_artifacts(made, RunFolder(tmp_path / "run"))
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert {p.parent.parent for p in written} == {tmp_path / "run"}
    assert len(written) == 2


def test_a_histogram_that_lost_something_is_refused(tmp_path: Path) -> None:
    """Given a histogram that holds less than was recorded, or is damaged, the sentence names the slice."""
    made = a_comparison(blocks=1, slices=1, evidence=False)
    for change, said in (({"recorded": 7}, "were recorded"), ({"hdr": "HISTxyz"}, "cannot be decoded")):
        broken = with_load(
            made,
            "base",
            lambda w, change=change: dataclasses.replace(  # type: ignore[misc]
                w, response=dataclasses.replace(w.response, **change) if w.response else None
            ),
        )
        with pytest.raises(MeasurementFailed, match=f"b0-s0.*{said}"):
            write_artifacts(broken, RunFolder(tmp_path))
