"""What probes tell of two sides: counts decide at once, times by a test over starts, and equals do not differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import (
    ASKED,
    CONNECTED,
    PROBED,
    RESTARTED,
    SIDES,
    STOPPED,
    Comparison,
    Measured,
    Probe,
    ProbeName,
    Profile,
    Unavailable,
)
from chronik_perf.stats import judge
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.causes.worse import worse
from chronik_perf.stats.probes.changes import probe_changes
from tests.builders import a_pair_of_equals

EQUALS = a_pair_of_equals(blocks=2, histograms=False, evidence=False)


def probed(name: ProbeName, base: list[Measured], candidate: list[Measured]) -> Comparison:
    """Give a comparison whose starts told these values."""
    probes = [Probe("base", n, {name: value}) for n, value in enumerate(base)]
    probes += [Probe("candidate", n, {name: value}) for n, value in enumerate(candidate)]
    return replace(EQUALS, probes=tuple(probes))


def test_one_reply_out_of_order_decides() -> None:
    """Given one start that overtook a reply, and a base that never did, it is a finding and counts as worse."""
    comparison = probed("misordered", [0.0, 0.0], [0.0, 3.0])
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if "out of their order" in f]
    assert said.endswith("3 replies in 2 starts; v2.2.0 (base) never does.")
    assert worse(comparison, verdict) == ("misordered",)


def test_what_was_found_beside_the_gates_is_in_the_headline() -> None:
    """Given a finding of what was asked, the headline says that there is one, and it is no caveat."""
    comparison = probed("misordered", [0.0, 0.0], [0.0, 3.0])
    verdict = judge(comparison)
    assert verdict.headline.endswith(" Beside the gates there is 1 finding.")
    assert len(verdict.found) == 1 and verdict.found[0] not in verdict.caveats
    assert "finding" not in judge(EQUALS).headline


def test_memory_after_a_restart_is_told() -> None:
    """Given four restarts a side that hold 40 and 300 MB, the finding has both and the interval of the change."""
    comparison = probed("restart_memory", [40.0, 41.0, 39.0, 40.5], [300.0, 290.0, 310.0, 305.0])
    (change,) = probe_changes(comparison)
    assert change.worse
    assert (
        "(candidate) holds 301 MB in memory, and" in change.said
        and "(base) 40.1 MB: 7.51-fold (6." in change.said
    )
    (turned,) = probe_changes(
        probed("restart_memory", [300.0, 290.0, 310.0, 305.0], [40.0, 41.0, 39.0, 40.5])
    )
    assert not turned.worse


def test_a_slow_restart_names_the_function_whose_cpu_grew() -> None:
    """Given restarts of which the candidate's spend 300 ms more in a function, time and memory are told, that once."""
    base = {"MainThread;open (log.py);recover (recovery.py)": 50}
    candidate = {**base, "MainThread;open (log.py);load_all (recovery.py)": 150}
    told = {"base": (0.2, 0.1, base), "candidate": (0.6, 0.4, candidate)}
    probes = [
        Probe(
            side,
            start,
            {"restart_time": time_s + start / 1e3, "restart_memory": 100 * time_s + start},
            (Profile(side, RESTARTED, "cpu", 250, 0, time_s, cpu_s, 1000, stacks, start),),
        )
        for side, (time_s, cpu_s, stacks) in told.items()
        for start in range(4)
    ]
    comparison = replace(EQUALS, probes=tuple(probes))
    verdict = judge(comparison)
    assert len([f for f in verdict.findings if f.startswith("Started again")]) == 2
    (said,) = [f for f in verdict.findings if "load_all" in f]
    assert said.endswith(
        "starts again, the function that grew most is load_all (recovery.py) with all that it calls, by 300 ms of CPU "
        "a start."
    )
    assert [(c.kind, c.name) for c in culprits(comparison, verdict)] == [("frame", "load_all")]


@pytest.mark.parametrize(("name", "values"), [("connection", (0.5, 1.5)), ("left_open", (0.0, 50.0))])
def test_connections_that_take_longer_or_stay_name_the_function_whose_cpu_grew(
    name: ProbeName, values: tuple[float, float]
) -> None:
    """Given such a probe, the function is named that grew in the profile of connections, as much as 1,000 take."""
    base = {"MainThread;run (loop.py);accept (server.py)": 50}
    candidate = {**base, "MainThread;run (loop.py);accept (server.py);greet (hello.py)": 50}
    probes = [
        Probe(
            side,
            start,
            {name: value * (1 + start / 100)},
            (Profile(side, CONNECTED, "cpu", 250, 0, 0.5, cpu_s, 600, stacks, start),),
        )
        for side, value, cpu_s, stacks in zip(SIDES, values, (0.2, 0.4), (base, candidate), strict=True)
        for start in range(4)
    ]
    comparison = replace(EQUALS, probes=tuple(probes))
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if "greet" in f]
    assert said.endswith("greet (hello.py) with all that it calls, by 333 ms of CPU for 1,000 of them.")
    assert [c.name for c in culprits(comparison, verdict)] == ["greet"]


def test_a_slow_stop_names_where_its_first_thread_waits() -> None:
    """Given stops in which the first thread sleeps for 2 s in a call and others wait as well, the call is named."""
    waits = {"Thread-1;run (threading.py);wait (inbox.py)": 500}
    told = {
        "base": (0.1, {"MainThread;main (app.py);run (loop.py)": 10, **waits}),
        "candidate": (
            2.1,
            {
                "MainThread;main (app.py);run (loop.py)": 11,
                "MainThread;main (app.py);run (loop.py);close (log.py)": 500,
                "Thread-1;run (threading.py);wait (inbox.py)": 1000,
            },
        ),
    }
    probes = [
        Probe(
            side,
            start,
            {"stop_time": took_s + start / 100},
            (Profile(side, STOPPED, "wall", 250, 0, took_s, 0.1, 1000, stacks, start),),
        )
        for side, (took_s, stacks) in told.items()
        for start in range(3)
    ]
    comparison = replace(EQUALS, probes=tuple(probes))
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if "first thread" in f]
    assert said.endswith(" stops, its first thread is in close (log.py) for 2,000 ms longer.")
    assert [c.name for c in culprits(comparison, verdict)] == ["close"]


def waited(reply_ms: float, commit_ms: float) -> Comparison:
    """Give a comparison whose candidate acknowledges a message late, and where its batches were meanwhile."""
    told = {"base": (0.6, 0.05, 0.4), "candidate": (90.0, reply_ms, commit_ms)}
    probes = [
        Probe(
            side,
            start,
            {"produce_beside": took_ms * (1 + start / 50)},
            stages_ms={
                "produce_beside": {
                    "commit_wait": commit * (1 + start / 30),
                    "reply": reply * (1 + start / 20),
                }
            },
        )
        for side, (took_ms, reply, commit) in told.items()
        for start in range(3)
    ]
    return replace(EQUALS, probes=tuple(probes))


def test_a_slow_acknowledgement_names_the_stage_in_which_its_batch_waited() -> None:
    """Given messages that wait 85 ms for their replies of 90 in all, that stage is told and named, and no other."""
    comparison = waited(reply_ms=85.0, commit_ms=1.2)
    verdict = judge(comparison)
    (said,) = [f for f in verdict.findings if f.startswith("While another client's fetch waits")]
    assert said.endswith("; a batch now waits 89.2 ms for its reply to be written instead of 0.0525 ms.")
    assert [(c.kind, c.name) for c in culprits(comparison, verdict)] == [("stage", "reply")]


def test_a_stage_of_next_to_nothing_that_scatters_is_named_when_it_grows() -> None:
    """Given three starts whose replies wait 0.07 to 0.18 ms, as recorded, and 50 ms with the candidate, it is named."""
    reply_ms = {"base": (0.066, 0.146, 0.181), "candidate": (50.43, 50.6, 50.39)}
    took_ms = {"base": (0.446, 0.909, 0.824), "candidate": (52.07, 52.07, 52.01)}
    probes = [
        Probe(side, n, {"acks_all": took_ms[side][n]}, stages_ms={"acks_all": {"reply": waits_ms}})
        for side in SIDES
        for n, waits_ms in enumerate(reply_ms[side])
    ]
    comparison = replace(EQUALS, probes=tuple(probes))
    assert [c.name for c in culprits(comparison, judge(comparison))] == ["reply"]


def test_what_waits_in_one_stage_is_told_together() -> None:
    """Given four answers that take longer by one stage, one sentence has all of them and the stage; two stay two."""
    names: list[ProbeName] = ["produce_beside", "delivery", "first_message", "idempotent"]
    for n in (2, 4):
        alone = waited(reply_ms=85.0, commit_ms=1.2)
        probes = [
            replace(
                p,
                values=dict.fromkeys(names[:n], p.values["produce_beside"]),
                stages_ms=dict.fromkeys(names[:n], p.stages_ms["produce_beside"]),
            )
            for p in alone.probes
        ]
        found = judge(replace(alone, probes=tuple(probes))).found
        together = [f for f in found if "things that starts were asked" in f]
        assert len(together) == (n > 2)
        if together:
            assert together[0].startswith(
                "4 things that starts were asked take longer with v2.2.0 (candidate) than"
            )
            assert "in one stage: a batch now waits 89.2 ms for its reply" in together[0]
            assert "a waiting fetch, from produce to answer (150-fold)" in together[0]
        assert len(found) == (1 if together else 2)


def test_a_stage_that_is_little_of_what_came_on_top_is_not_named() -> None:
    """Given stages that grew eightfold for sure, and are a tenth of what a message waits longer, none is named."""
    comparison = waited(reply_ms=0.5, commit_ms=8.0)
    verdict = judge(comparison)
    assert "produce_beside" in worse(comparison, verdict)
    assert culprits(comparison, verdict) == ()


def test_a_stage_that_is_longer_than_what_was_timed_is_not_named() -> None:
    """Given a mean of 400 ms in a stage where a message takes 90, it is of other batches, and is not named."""
    comparison = waited(reply_ms=0.05, commit_ms=400.0)
    assert culprits(comparison, judge(comparison)) == ()


def test_what_a_main_loop_does_for_a_call_is_told_of_the_call() -> None:
    """Given timers that cost a main loop more than what they call, the call is named first."""
    base = {"MainThread;main (app.py);run (loop.py)": 20}
    candidate = {
        "MainThread;main (app.py);run (loop.py)": 100,
        "MainThread;main (app.py);run (loop.py);look (f.py)": 30,
    }
    told = {"base": (15.0, 0.02, base), "candidate": (130.0, 0.13, candidate)}
    probes = [
        Probe(
            side,
            start,
            {"waiting_cpu": cpu_ms + start / 10},
            (Profile(side, ASKED, "cpu", 250, 0, 1.0, cpu_s, 1000, stacks, start),),
        )
        for side, (cpu_ms, cpu_s, stacks) in told.items()
        for start in range(4)
    ]
    comparison = replace(EQUALS, probes=tuple(probes))
    assert [c.name for c in culprits(comparison, judge(comparison))] == ["look", "run"]


def test_what_differs_by_little_or_in_few_starts_is_not_told() -> None:
    """Given 5 % more in starts that hardly differ, or ten times as much in two starts, nothing is told."""
    assert not list(
        probe_changes(probed("restart_memory", [40.0, 40.1, 39.9, 40.0], [42.0, 42.1, 41.9, 42.0]))
    )
    assert not list(probe_changes(probed("delivery", [1.0, 1.1], [10.0, 11.0])))


def test_a_broker_that_uses_no_cpu_for_waiting_is_told_from_one_that_spins() -> None:
    """Given 0 ms of CPU a second beside 900, that is a finding; less than 1 % of a core more or less is none."""
    (change,) = probe_changes(probed("waiting_cpu", [0.0, 0.0, 0.0], [900.0, 902.0, 899.0]))
    assert change.worse
    assert not list(probe_changes(probed("waiting_cpu", [0.0, 0.0, 0.0], [8.0, 8.1, 8.0])))
    assert not list(probe_changes(probed("waiting_cpu", [5.0, 5.0, 5.1], [15.0, 14.0, 14.5])))


def test_a_side_that_does_not_start_again_is_told() -> None:
    """Given a candidate that dies on its own data, and a base that does not, the reason is the finding."""
    lost = Unavailable("v2.2.7 ended with exit code 1 before it was ready")
    comparison = probed("restart_time", [0.2, 0.2, 0.2], [lost, lost, lost])
    (change,) = probe_changes(comparison)
    assert change.worse
    assert change.said.endswith("in 3 starts: v2.2.7 ended with exit code 1 before it was ready.")
    assert not list(probe_changes(probed("restart_time", [lost, lost], [lost, lost])))


def test_a_broker_that_perf_did_not_start_has_not_failed_to_start_again() -> None:
    """Given a side whose probes tell nothing of a restart, that is no finding beside one that was started again."""
    started = Probe("base", 0, {"restart_time": 0.2})
    comparison = replace(EQUALS, probes=(started, Probe("candidate", 0, {"misordered": 0.0})))
    assert not list(probe_changes(comparison))


def test_equals_hardly_ever_differ() -> None:
    """Given equals whose times differ by half from start to start, also with heavy tails, 1 % is the most that errs."""
    rng = np.random.default_rng(20261127)
    for draw in (lambda: rng.normal(0, 0.5, 8), lambda: 0.3 * rng.standard_t(3, 8)):
        found = 0
        for _ in range(500):
            values = [float(v) for v in np.exp(draw())]
            found += bool(list(probe_changes(probed("delivery", [*values[:4]], [*values[4:]]))))
        assert found <= 4  # 0.25 % of 500 each, of which more than 4 come in 1 of 100 such tests


TIMES = tuple(of.name for of in PROBED if not of.count)


def all_probed(rng: np.random.Generator, times: float = 1.0) -> Comparison:
    """Let three starts a side tell everything with SDs of 2 to 40 %, the candidate's delivery `times` as long."""
    sd = np.linspace(0.02, 0.4, len(TIMES))
    sd[TIMES.index("delivery")] = 0.25
    told = np.exp(sd[:, None] * rng.normal(size=(len(TIMES), 6)))
    told[TIMES.index("delivery"), 3:] *= times
    # Above the least that any must have to matter, but for two of which a sound broker has next to nothing.
    told *= 100
    for name in ("stop_time", "waiting_cpu"):
        told[TIMES.index(name)] = 0.01
    return replace(
        EQUALS,
        probes=tuple(
            Probe("base" if n < 3 else "candidate", n % 3, dict(zip(TIMES, told[:, n].tolist(), strict=True)))
            for n in range(6)
        ),
    )


def test_what_all_probes_share_tells_a_change_that_three_starts_alone_do_not() -> None:
    """Given a sixfold time among probes of usual noise, it is found in most runs, and by itself in hardly any."""
    together = alone = 0
    for seed in range(40):
        comparison = all_probed(np.random.default_rng(seed), 6.0)
        together += "delivery" in {change.of.name for change in probe_changes(comparison)}
        values = [[p.values["delivery"] for p in comparison.probes if p.side == side] for side in SIDES]
        alone += bool(list(probe_changes(probed("delivery", *values))))
    assert together >= 2 * alone and together >= 20


def test_equals_that_are_asked_everything_hardly_ever_differ() -> None:
    """Given equals, all that is probed together errs in at most 1 % of comparisons."""
    rng = np.random.default_rng(20261128)
    found = sum(bool(list(probe_changes(all_probed(rng)))) for _ in range(400))
    assert found <= 9  # 1 % of 400, of which more than 9 come in 1 of 100 such tests


def test_a_side_whose_starts_scatter_is_not_one_that_changed() -> None:
    """Given one probe in which the candidate's starts scatter by 80 % about the same, its own test keeps the error."""
    rng = np.random.default_rng(20261129)
    found = 0
    for _ in range(300):
        comparison = all_probed(rng)
        probes = tuple(
            replace(p, values={**p.values, "delivery": 100 * float(np.exp(rng.normal(0, 0.8)))})
            if p.side == "candidate"
            else replace(p, values={**p.values, "delivery": 100 * float(np.exp(rng.normal(0, 0.4)))})
            for p in comparison.probes
        )
        found += bool(list(probe_changes(replace(comparison, probes=probes))))
    assert found <= 9


def test_next_to_nothing_is_said_to_be_less_than_the_least() -> None:
    """Given stops after 10 ms and after half a second, the first is told as less than what matters, not as a factor."""
    (change,) = probe_changes(probed("stop_time", [0.01, 0.011, 0.012], [0.45, 0.46, 0.45]))
    assert "has ended after 0.453 s, and v2.2.0 (base) after less than 0.1 s: 4.5" in change.said


def test_a_side_that_does_not_stop_is_told() -> None:
    """Given a candidate that has to be killed, and a base that stops when asked to, that is a finding."""
    killed = Unavailable("it did not stop when it was asked to and was killed")
    (change,) = probe_changes(probed("stop_time", [0.5, 0.5, 0.5], [killed, killed, killed]))
    assert change.worse
    assert change.said.endswith(
        "did not stop in good order, in 3 starts: it did not stop when it was asked to and was killed."
    )
