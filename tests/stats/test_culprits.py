"""A stage is named first where a loss is waiting, a function where it is work, and nothing where there is no loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from chronik_perf.model import ASKED, SIDES, Block, Comparison, Probe, Profile, Side, Start
from chronik_perf.report.telling import tell
from chronik_perf.stats import judge
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.causes.worse import worse
from tests.builders import RAW, V220, V227, Noise, a_comparison, a_pair_of_equals


def test_waiting_is_blamed_on_the_stage_that_grew() -> None:
    """Given a commit that waits ten times as long, and hardly more CPU, the stage commit_wait is named first."""
    comparison = a_comparison(V220, V227, blocks=12, histograms=False, noise=Noise(), seed=5)
    named = culprits(comparison, judge(comparison))
    assert (named[0].kind, named[0].name, named[0].workload) == ("stage", "commit_wait", "acks1")
    assert len({(c.kind, c.name) for c in named}) == len(named)


def slow_in_half_of_its_starts(blocks: int) -> Comparison:
    """Compare equals on the raw load, but every second start of the candidate is as v2.2.7 for life."""
    equal, slower = (
        a_comparison(V220, other, blocks=blocks, workloads=(RAW,), histograms=False, evidence=False, seed=5)
        for other in (V220, V227)
    )
    mixed = [pair[index % 2] for index, pair in enumerate(zip(equal.blocks, slower.blocks, strict=True))]
    return dataclasses.replace(equal, blocks=tuple(mixed))


def test_a_slow_mode_is_blamed_on_what_its_starts_do_slowly() -> None:
    """Given every second start slow, which no mean proves, the finding counts as worse and a stage is named."""
    comparison = slow_in_half_of_its_starts(24)
    verdict = judge(comparison)
    assert verdict.outcome != "regression"
    assert "modes" in worse(comparison, verdict)
    named = culprits(comparison, verdict)
    assert (named[0].kind, named[0].name, named[0].workload) == ("stage", "commit_wait", "raw")


def test_slow_starts_are_few_and_the_machine_was_slow_in_one_of_them() -> None:
    """Given eleven slow starts, in one of which all stages took four times as long on both sides, a stage is named."""
    comparison = slow_in_half_of_its_starts(22)
    blocks = tuple(
        dataclasses.replace(b, base=slowed(b.base), candidate=slowed(b.candidate)) if b.index == 3 else b
        for b in comparison.blocks
    )
    slow = dataclasses.replace(comparison, blocks=blocks)
    named = culprits(slow, judge(slow))
    assert (named[0].kind, named[0].name, named[0].workload) == ("stage", "commit_wait", "raw")


def slowed(start: Start) -> Start:
    """Give a start whose stages all took four times as long."""
    slices = tuple(
        dataclasses.replace(
            one,
            telemetry={
                k: 4 * v if k.startswith("stage_") and k.endswith("_s") else v
                for k, v in one.telemetry.items()
            },
        )
        for one in start.slices
    )
    return dataclasses.replace(start, slices=slices)


def slow_by_work(more: Callable[[Profile], dict[str, int]]) -> Comparison:
    """Give a raw load that lost half to CPU, its CPU profiles with `more` stacks than they had."""
    slow = dataclasses.replace(V220["raw"], msgs_per_s=45e3, cpu_us_per_message=20.3)
    comparison = a_comparison(V220, {**V220, "raw": slow}, blocks=12, histograms=False, noise=Noise(), seed=5)
    profiles = []
    for profile in comparison.profiles:
        stacks = {**profile.stacks, **more(profile)}
        profiles.append(dataclasses.replace(profile, stacks=stacks, samples=sum(stacks.values())))
    return dataclasses.replace(comparison, profiles=tuple(profiles))


def is_slow(profile: Profile) -> bool:
    """Tell whether it is a CPU profile of the side that lost."""
    return (profile.side, profile.workload, profile.kind) == ("candidate", "raw", "cpu")


def test_work_is_blamed_on_a_function() -> None:
    """Given a loss that CPU explains, a function that burns more of it is named before any stage."""

    def more(profile: Profile) -> dict[str, int]:
        samples = sum(profile.stacks.values())
        take = "MainThread;take (broker/produce.py)"
        burn = {f"{take};burn (broker/faults/cpu.py)": samples} if is_slow(profile) else {}
        return {take: samples // 2, **burn}

    comparison = slow_by_work(more)
    named = culprits(comparison, judge(comparison))
    assert (named[0].kind, named[0].name, named[0].workload) == ("frame", "burn", "raw")


def asked_with(comparison: Comparison, call: str) -> Comparison:
    """Give the candidate a call that takes 200 ms of CPU while a start is asked other things."""
    base = {"MainThread;run (loop.py);read (log.py)": 100}
    more = {**base, f"MainThread;run (loop.py);{call}": 50}
    probes = tuple(
        Probe(
            side,
            start,
            {},
            (Profile(side, ASKED, "cpu", 250, sum(stacks.values()), 2.5, cpu_s, 1000, stacks, start),),
        )
        for side, cpu_s, stacks in zip(SIDES, (0.4, 0.6), (base, more), strict=True)
        for start in range(3)
    )
    return dataclasses.replace(comparison, probes=probes)


def test_work_that_comes_now_and_then_is_looked_for_where_a_broker_was_watched_for_longer() -> None:
    """Given lost CPU that no profile of the load tells, what it saw once and took more when asked is named first."""
    call = "look (store.py);snapshot (store.py)"

    def once(profile: Profile) -> dict[str, int]:
        return {f"MainThread;run (loop.py);{call}": 1} if is_slow(profile) else {}

    lost = slow_by_work(once)
    # of two starts nothing can be told
    few = dataclasses.replace(lost, profiles=tuple(p for p in lost.profiles if p.start < 2))
    named = culprits(told := asked_with(few, call), judge(told))
    assert (named[0].kind, named[0].name, named[0].workload) == ("frame", "snapshot", "asked")
    # not what the load was never seen in, nor where nothing was lost, nor where the load's own profile tells
    other = asked_with(few, "describe (topics.py)")
    assert not [c for c in culprits(other, judge(other)) if c.kind == "frame"]
    equals = asked_with(a_pair_of_equals(blocks=12, histograms=False), call)
    assert culprits(equals, judge(equals)) == ()
    enough = asked_with(lost, call)
    assert not [c for c in culprits(enough, judge(enough)) if c.workload == ASKED]


def test_a_broker_that_is_less_busy_than_before_waits() -> None:
    """Given a loss of which CPU may be more than half, and a broker that is idle for longer, a stage is named first."""
    busy = dataclasses.replace(V220["raw"], msgs_per_s=19e3, cpu_us_per_message=41.0)
    parted = dataclasses.replace(V227["raw"], msgs_per_s=6.7e3, cpu_us_per_message=95.0)
    comparison = a_comparison(
        {**V220, "raw": busy},
        {**V220, "raw": parted},
        blocks=12,
        histograms=False,
        noise=Noise(between=0.06),
        seed=5,
    )
    assert culprits(comparison, judge(comparison))[0].kind == "stage"


def test_replies_out_of_order_are_blamed_on_what_is_new() -> None:
    """Given equals of which one overtakes replies, the call that only it makes is the lead, and nothing without it."""
    equals = a_pair_of_equals(blocks=12, histograms=False, noise=Noise(), seed=5)

    def more(profile: Profile) -> Profile:
        stacks = profile.stacks
        if (profile.side, profile.workload, profile.kind) == ("candidate", "raw", "cpu"):
            stacks = {**stacks, "MainThread;<module> (broker/__main__.py);Overtaking.flush (order.py)": 100}
        return dataclasses.replace(profile, stacks=stacks, samples=sum(stacks.values()))

    new = dataclasses.replace(equals, profiles=tuple(map(more, equals.profiles)))
    probes = (Probe("base", 0, {"misordered": 0.0}), Probe("candidate", 0, {"misordered": 20.0}))
    misordered = dataclasses.replace(new, probes=probes)
    assert [c.name for c in culprits(misordered, judge(misordered))] == ["Overtaking.flush"]
    assert culprits(new, judge(new)) == ()


def test_fetches_that_do_not_wait_are_blamed_on_what_is_new() -> None:
    """Given fetches that are answered at once, so that all of a broker works more, the call that is new comes first."""
    turn = "MainThread;main (run.py);turn (server.py)"
    sound = {f"{turn};fetch (fetch.py)": 150, "MainThread;main (run.py);select (run.py)": 150}
    hurried = {
        f"{turn};fetch (fetch.py)": 300,
        f"{turn};fetch (fetch.py);Impatient.wait (x.py)": 200,
        turn: 300,
    }

    def asked(side: Side, start: int) -> Probe:
        stacks = hurried if side == "candidate" else sound
        samples = sum(stacks.values())
        profile = Profile(side, ASKED, "cpu", 500, samples, 4.0, samples / 500, 1000, stacks, start)
        return Probe(side, start, {"early_fetches": 20.0 * (side == "candidate")}, (profile,))

    probes = tuple(asked(side, start) for side in SIDES for start in range(4))
    equals = dataclasses.replace(a_pair_of_equals(blocks=12, histograms=False), probes=probes)
    named = [c.name for c in culprits(equals, judge(equals))]
    assert named[0] == "Impatient.wait" and "turn" in named


def test_small_functions_together_are_no_function() -> None:
    """Given many new functions, each too small for a test of its own, what they are pooled as is no culprit."""

    def more(profile: Profile) -> dict[str, int]:
        names = [f"f{profile.start}_{i} (x.py)" for i in range(200)] if is_slow(profile) else []
        return {f"MainThread;take (broker/produce.py);{name}": 2 for name in names}

    comparison = slow_by_work(more)
    named = [c.name for c in culprits(comparison, judge(comparison))]
    assert not any("small" in name for name in named), named


def test_what_is_lost_is_blamed_on_what_only_the_candidate_was_seen_in() -> None:
    """Given a candidate that drops messages and is no slower, a call that the base never made is named first."""
    comparison = a_pair_of_equals(blocks=12)
    dropped = tuple(replace_stored(block) for block in comparison.blocks)
    profiles = []
    for profile in comparison.profiles:
        take = "MainThread;take (broker/produce.py)"
        finish = "Dropping.finish" if profile.side == "candidate" else "Produce.finish"
        stacks = {**profile.stacks, f"{take};{finish} (broker/produce.py)": profile.samples // 3}
        profiles.append(dataclasses.replace(profile, stacks=stacks, samples=sum(stacks.values())))
    lossy = dataclasses.replace(comparison, blocks=dropped, profiles=tuple(profiles))
    verdict = judge(lossy)
    assert {r.metric for r in verdict.rows if r.word == "regressed"} == {"unstored"}
    assert (culprits(lossy, verdict)[0].kind, culprits(lossy, verdict)[0].name) == (
        "frame",
        "Dropping.finish",
    )
    told = " ".join(p.text for p in tell(lossy, verdict).paragraphs)
    assert "v2.2.0 (candidate) was ever seen in is Dropping.finish (broker/produce.py)" in told


def replace_stored(block: Block) -> Block:
    """Let the candidate lose one message of each slice."""
    slices = tuple(
        dataclasses.replace(s, load=dataclasses.replace(s.load, stored=s.load.stored - 1))
        for s in block.candidate.slices
    )
    return dataclasses.replace(block, candidate=dataclasses.replace(block.candidate, slices=slices))


@pytest.mark.parametrize(("reply_ms", "named"), [(0.13, ["stage reply"]), (0.02, [])])
def test_a_longer_response_below_the_threshold_is_blamed_on_its_stage(
    reply_ms: float, named: list[str]
) -> None:
    """Given a response 0.11 ms longer and a small loss, the stage that holds it is named, if one does."""
    raw = V220["raw"]
    longer = dataclasses.replace(
        raw, msgs_per_s=89e3, p50_ms=1.49, stage_ms={**raw.stage_ms, "reply": reply_ms}
    )
    comparison = a_comparison(V220, {**V220, "raw": longer}, blocks=20, noise=Noise(), seed=5)
    verdict = judge(comparison)
    assert verdict.outcome != "regression"
    assert [f"{one.kind} {one.name}" for one in culprits(comparison, verdict)] == named


@pytest.mark.parametrize(("cpu_us", "named"), [(1.6, ["frame burn"]), (1.0, [])])
def test_more_cpu_as_far_as_evidence_tells_is_blamed_on_a_function(cpu_us: float, named: list[str]) -> None:
    """Given a function that only the candidate burns CPU in, it is named if messages are told to cost more for it."""
    acks1 = V220["acks1"]
    base_us = acks1.cpu_us_per_message
    costlier = dataclasses.replace(acks1, cpu_us_per_message=cpu_us * base_us)
    comparison = a_comparison(V220, {**V220, "acks1": costlier}, blocks=14, noise=Noise(), seed=5)
    profiles = []
    for profile in comparison.profiles:
        take = "MainThread;take (broker/produce.py)"
        stacks = {**profile.stacks, take: profile.samples // 2}
        if (profile.side, profile.workload, profile.kind) == ("candidate", "acks1", "cpu"):
            stacks[f"{take};burn (broker/faults/cpu.py)"] = profile.samples
        profiles.append(dataclasses.replace(profile, stacks=stacks, samples=sum(stacks.values())))
    comparison = dataclasses.replace(comparison, profiles=tuple(profiles))
    verdict = judge(comparison)
    assert verdict.outcome != "regression"
    assert [f"{one.kind} {one.name}" for one in culprits(comparison, verdict)][:1] == named


def test_nothing_is_named_where_nothing_regressed() -> None:
    """Given a version beside itself, no culprit is named, whatever its profiles hold."""
    comparison = a_comparison(V220, V220, blocks=12, histograms=False, noise=Noise(), seed=5)
    assert culprits(comparison, judge(comparison)) == ()
