"""Where a growth of CPU enters a program: the call that is new or does more, not the leaves that it is spent in."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import SIDES
from chronik_perf.stats.profile_diff import grown, profile_difference
from tests.builders import a_profile_of, difference_of

LOOP = "MainThread;run (loop.py);turn (server.py)"
BASE = {f"{LOOP};decode (b.py)": 400, f"{LOOP};append (c.py)": 300, LOOP: 300}


def entered(candidate: dict[str, int], base: dict[str, int] = BASE) -> str | None:
    """Say where most of what the candidate has more than the base enters; every sample is 10 ms of CPU."""
    sides = [
        a_profile_of(stacks, side, cpu_s=sum(stacks.values()) / 100)
        for side, stacks in zip(SIDES, (base, candidate), strict=True)
    ]
    found = grown(difference_of(*sides))
    return found[0].name if found else None


def test_a_new_call_is_named_and_not_what_it_is_spent_in() -> None:
    """Given a call to a logger whose time goes into many of its own functions, the call is where it enters."""
    info = f"{LOOP};decode (b.py);Logger.info (log.py)"
    parts = {f"{info};record (log.py)": 300, f"{info};emit (log.py)": 300, f"{info};format (log.py)": 300}
    assert entered({**BASE, **parts}) == "Logger.info (log.py)"


def test_a_new_call_that_does_nothing_but_call_another_is_named() -> None:
    """Given a new call that only makes a library's, it is what was added; one of its own file is the one to look at."""
    verify = f"{LOOP};decode (b.py);verify (y.py)"
    assert entered({**BASE, verify: 20, f"{verify};crc32 (z.py)": 880}) == "verify (y.py)"
    assert entered({**BASE, verify: 20, f"{verify};table (y.py)": 880}) == "table (y.py)"
    assert entered({**BASE, verify: 200, f"{verify};table (y.py)": 700}) == "verify (y.py)"


def test_an_override_that_does_its_bases_work_as_well_gives_way_to_what_it_was_added_for() -> None:
    """Given an override of a function that has its frame elsewhere, a tenth of own work does not make it the cause."""
    base = {**BASE, f"{LOOP};flush (b.py);Plain.take (b.py)": 60}
    override = f"{LOOP};decode (b.py);Twice.take (y.py)"
    more = {**base, override: 80, f"{override};parse (y.py)": 900}
    assert entered(more, base) == "parse (y.py)"
    assert entered({**BASE, override: 80, f"{override};parse (y.py)": 900}) == "Twice.take (y.py)"


def test_a_function_that_does_its_own_work_more_often_is_named() -> None:
    """Given a function that takes three times as long by itself and within, it is named and not its main loop."""
    assert entered({**BASE, f"{LOOP};decode (b.py)": 1200}) == "decode (b.py)"


def test_what_only_leads_to_the_growth_is_not_named() -> None:
    """Given a small part of a loop in which one function grew alone, that is named, and not the part that holds it."""
    turn = "MainThread;run (loop.py);turn (server.py)"
    base = {"MainThread;run (loop.py)": 2000, turn: 150, f"{turn};receive (r.py);decode (b.py)": 100}
    grew = {**base, f"{turn};receive (r.py);decode (b.py)": 1000}
    assert entered(grew, base) == "decode (b.py)"
    base[f"{turn};receive (r.py)"] = grew[f"{turn};receive (r.py)"] = 50
    assert entered(grew, base) == "decode (b.py)"
    mine = f"{turn};receive (r.py);Mine.decode (c.py)"
    override = {**base, f"{mine};decode (b.py)": 100, f"{mine};burn (d.py)": 900}
    del override[f"{turn};receive (r.py);decode (b.py)"]
    assert entered(override, base) == "burn (d.py)"


def test_an_override_of_what_was_too_small_to_have_a_frame_is_no_new_work() -> None:
    """Given a method that the base spent next to nothing in, its override is told by the call to what it replaced."""
    base = {
        "MainThread;run (loop.py)": 2000,
        f"{LOOP};decode (b.py)": 200,
        f"{LOOP};decode (b.py);_take (b.py)": 2,
    }
    mine = f"{LOOP};decode (b.py);Mine._take (c.py)"
    assert (
        entered({**base, f"{mine};_take (b.py)": 50, f"{mine};litter (c.py)": 800}, base) == "litter (c.py)"
    )


def test_a_call_that_is_made_more_often_is_named_and_not_its_largest_part() -> None:
    """Given a call in which all parts grew alike, nearly all of it in one of them, the call is named."""
    base = {
        "MainThread;run (loop.py)": 2000,
        f"{LOOP};decode (b.py)": 20,
        f"{LOOP};decode (b.py);read (c.py)": 180,
    }
    more = {stack: n * 5 if "decode" in stack else n for stack, n in base.items()}
    assert entered({**more, LOOP: 100}, {**base, LOOP: 100}) == "decode (b.py)"


def test_what_was_added_in_many_places_is_named_and_not_what_they_have_in_common() -> None:
    """Given a function that four handlers call now and that holds most of the growth, it is named, not their caller."""
    handlers = [f"{LOOP};receive (a.py);handler{n} (h{n}.py)" for n in range(4)]
    base = {**BASE, **dict.fromkeys(handlers, 50)}
    added = {f"{h};similar (x.py);ratio (difflib.py)": 500 for h in handlers}
    assert entered({**base, **added}, base) == "similar (x.py)"
    one = {f"{handlers[0]};similar (x.py);ratio (difflib.py)": 500}
    assert entered({**base, **one}, base) == "similar (x.py)"


def test_an_override_is_no_new_work() -> None:
    """Given a method that was replaced by one of the same name which does one thing more, that thing is named."""
    mine = f"{LOOP};Mine.append (d.py)"
    base = {f"{LOOP};decode (b.py)": 400, f"{LOOP};Log.append (c.py)": 300, LOOP: 300}
    candidate = {f"{LOOP};decode (b.py)": 400, f"{mine};Log.append (c.py)": 300, LOOP: 300}
    assert entered({**candidate, f"{mine};burn (e.py)": 900}, base) == "burn (e.py)"


def test_a_spawned_task_is_named_though_most_of_the_growth_is_elsewhere() -> None:
    """Given a task with many parts that takes a third of what grew, it is named before any function of them."""
    task = f"{LOOP.rpartition(';')[0]};Offsets.propose (m.py)"
    parts = {f"{task};encode (m.py)": 150, f"{task};write (m.py)": 150, f"{task};apply (m.py)": 100}
    more = {f"{LOOP};decode (b.py)": 600, f"{LOOP};append (c.py)": 500, LOOP: 500}
    assert entered({**more, **parts}) == "Offsets.propose (m.py)"


def test_a_new_call_is_named_though_its_caller_varies_by_more() -> None:
    """Given a loop whose own cost differs from start to start, a new call in it is named all the same."""
    loop = LOOP.rpartition(";")[0]
    new = {f"{loop};follow (m.py);wait (n.py)": 40, f"{loop};follow (m.py)": 20}
    sides = []
    for side in SIDES:
        for start, own in enumerate((500, 900, 700, 1200)):
            more = new if side == "candidate" else {}
            stacks = {**BASE, f"{loop};turn (server.py);pick (s.py)": own, **more}
            sides.append(replace(a_profile_of(stacks, side, cpu_s=sum(stacks.values()) / 100), start=start))
    found = grown(profile_difference(sides[:4], sides[4:]))
    assert [(f.name, f.whole) for f in found[:1]] == [("follow (m.py)", True)]


def test_a_main_loop_that_has_more_to_do_comes_after_what_asks_for_it() -> None:
    """Given a new task for which the loop itself works as long again, the task is named; given no task, the loop is."""
    loop = LOOP.rpartition(";")[0]
    more = {**BASE, loop: 500}
    assert entered({**more, f"{loop};propose (m.py)": 400}) == "propose (m.py)"
    assert entered({**more, f"{loop};propose (m.py)": 100}) == "run (loop.py)"


def test_a_new_thread_is_named_by_what_it_does() -> None:
    """Given a thread that was not there before, its function is named and not how the runtime begins a thread."""
    started = "Thread-9;_bootstrap (threading.py);run (threading.py)"
    assert entered({**BASE, f"{started};writer (w.py)": 500}) == "writer (w.py)"


def test_what_did_not_grow_is_not_named() -> None:
    """Given a program that stayed, or shrank, nothing is named; where each part grew alike, a function by itself is."""
    assert entered(BASE) is None
    assert entered({stack: n // 2 for stack, n in BASE.items()}) is None
    assert entered({stack: 2 * n for stack, n in BASE.items()}) == "decode (b.py)"
