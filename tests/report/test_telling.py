"""The first paragraph: each rule says its clause where it is told from noise, and says nothing where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chronik_perf.model import (
    Cause,
    Comparison,
    MissingProfile,
    OwnMetric,
    Probe,
    Profile,
    Share,
    Slice,
    Unavailable,
    Verdict,
)
from chronik_perf.report import markdown, text
from chronik_perf.report.telling import Told, figures, tell
from chronik_perf.stats import judge
from tests.builders import ACKS1, RAW, V220, V227, Behaviour, a_comparison, a_pair_of_equals, with_slices

SLOWER = {"raw": replace(V220["raw"], msgs_per_s=45e3, p50_ms=2.8, p99_ms=4.6)}
BUSIER = {"raw": replace(SLOWER["raw"], cpu_us_per_message=9.2 + 11.2)}


def test_it_says_what_moved_in_the_verdicts_words(regression: Comparison, verdict: Verdict) -> None:
    """Given the incident, a paragraph begins with all rows that moved, in order, with the verdict's own figures."""
    acks1, raw = tell(regression, verdict).paragraphs
    for paragraph in (acks1, raw):
        moved = [r for r in verdict.rows if r.workload == paragraph.workload.name and r.significant]
        assert [c.figure for c in paragraph.sentences[0]] == [
            figures.decided(r.metric, r.workload) for r in moved
        ]
        for row, clause in zip(moved, paragraph.sentences[0], strict=True):
            assert row.sentence.casefold().startswith(clause.text.casefold())
    assert acks1.text.startswith("Throughput fell by 94.")


def test_what_did_not_move_has_no_paragraph(regression: Comparison, verdict: Verdict) -> None:
    """Given a workload without a decided move, nothing is said of it; and of equals nothing at all."""
    assert [p.workload.name for p in tell(regression, verdict).paragraphs] == ["acks1", "raw"]
    assert told(a_pair_of_equals(blocks=8, histograms=False)) == Told((), (), ())


def test_what_is_named_first_is_told_before_all_else(regression: Comparison, verdict: Verdict) -> None:
    """Given the incident, its likeliest cause is the wait for a commit, unless an experiment has told the cause."""
    (cause,) = tell(regression, verdict).cause
    assert (cause.text, cause.figure) == (
        "the stage commit wait of a produce, 10.8 ms longer, under acks1",
        figures.stages("acks1"),
    )
    tried = Cause("acks1", "throughput", "wal.worker", "old", "new", "most", None, None, None)
    (other,) = tell(replace(regression, causes=(tried,)), verdict).cause
    assert other.text.endswith(", under raw")
    both = (tried, replace(tried, workload="raw"))
    assert tell(replace(regression, causes=both), verdict).cause == ()


def test_what_was_accepted_or_only_found_has_no_likeliest_cause(regression: Comparison) -> None:
    """Given losses of one workload that are accepted, the cause is the other's; of findings alone none is told."""
    accepted = {"throughput@acks1": "a new codec", "p99@acks1": "a new codec"}
    made = replace(regression, design=replace(regression.design, accepted=accepted))
    (cause,) = tell(made, judge(made)).cause
    assert cause.text.endswith(", under raw")
    equals = a_pair_of_equals(blocks=8, histograms=False)
    probes = (Probe("base", 0, {"misordered": 0.0}), Probe("candidate", 0, {"misordered": 20.0}))
    found = replace(equals, probes=probes)
    assert judge(found).found and tell(found, judge(found)).cause == ()


def test_an_accepted_regression_is_called_so() -> None:
    """Given a regression that was accepted beforehand, its clause says that it was."""
    made = made_of(V220, SLOWER)
    accepted = replace(made, design=replace(made.design, accepted={"throughput": "a new codec"}))
    assert " %) (accepted)" in said(accepted)


def test_the_stage_that_grew_most_is_named(regression: Comparison, verdict: Verdict) -> None:
    """Given the incident, the wait for a commit is told with both times, and links to the table of stages."""
    clause = tell(regression, verdict).paragraphs[0].sentences[1][0]
    assert clause.text == "A batch now waits 11.3 ms for its commit instead of 0.48 ms"
    assert clause.figure == figures.stages("acks1")


def test_of_a_gain_the_stage_that_shrank_most_is_named() -> None:
    """Given the incident backwards, the same stage is told with the times the other way round."""
    backwards = made_of({"raw": V227["raw"]}, {"raw": V220["raw"]})
    assert "A batch now waits 0.95 ms for its commit instead of 2.1 ms" in said(backwards)


def test_a_stage_that_noise_moved_is_not_named() -> None:
    """Given a loss and a stage that took longer in some blocks and shorter in others, the stage is not told."""
    loss = made_of(V220, SLOWER)
    assert "waits 1.05 ms for its commit" in said(times(loss, "stage_commit_wait_s", [1.1]))
    assert "for its commit" not in said(times(loss, "stage_commit_wait_s", [1.7, 0.7]))


def test_what_the_broker_does_otherwise_is_told(regression: Comparison, verdict: Verdict) -> None:
    """Given more batches per commit, a task per batch and longer syncs, each is told and has its picture."""
    clauses = tell(regression, verdict).paragraphs[1].sentences[1][1:]
    assert [(c.text, c.figure) for c in clauses] == [
        ("a commit holds 90 batches instead of 70", "per-block-batches_per_commit-raw"),
        ("1 task is spawned per batch instead of none", "per-block-tasks_per_batch-raw"),
        ("a sync takes 0.5 ms instead of 0.45 ms", "per-block-sync_time-raw"),
    ]


def test_what_noise_moved_in_the_broker_is_not_told() -> None:
    """Given commits that hold more batches in some blocks and fewer in others, nothing is said of them."""
    loss = made_of(V220, SLOWER)
    assert "A commit holds 35 batches instead of 70" in said(times(loss, "commits", [2.0]))
    assert "commit holds" not in said(times(loss, "commits", [2.0, 0.4]))


def test_what_is_sure_but_next_to_nothing_is_not_told() -> None:
    """Given commits that hold one batch in fifty fewer, in every block, that is no news."""
    assert "commit holds" not in said(times(made_of(V220, SLOWER), "commits", [1.02]))


def test_metrics_of_the_users_own_are_told() -> None:
    """Given a metric that perf.toml names and that changed, it is told under its name; one that did not is not."""
    names = ("flushes_total", "queue_length")
    made = made_of(V220, SLOWER)
    made = replace(
        made, base=replace(made.base, interesting=names), candidate=replace(made.candidate, interesting=names)
    )
    for side, flushes in (("base", 0.01), ("candidate", 0.02)):
        made = with_slices(made, side, _with_own(flushes))  # type: ignore[arg-type]
    paragraph = told(made).paragraphs[0]
    assert "Metric flushes_total per stored message is 0.02 instead of 0.01" in paragraph.text
    assert "per-block-own:counter:flushes_total-raw" in told(made).figures
    assert "queue_length" not in paragraph.text


def test_a_loss_that_is_waiting_is_called_so(regression: Comparison, verdict: Verdict) -> None:
    """Given CPU that grew by little beside the time, what it is at most is told, and no function is named."""
    acks1 = tell(regression, verdict).paragraphs[0]
    assert (
        "CPU per message grew by at most 6 % of the time that was added: the rest is waiting." in acks1.text
    )
    assert "function" not in acks1.text


def test_a_loss_that_is_work_is_called_so() -> None:
    """Given CPU that grew by as much as the time, what it is at least is told; by more, that it did."""
    assert "CPU per message grew by at least 9" in said(made_of(V220, BUSIER, blocks=20))
    later = {"raw": replace(BUSIER["raw"], cpu_us_per_message=9.2 + 30)}
    assert "CPU per message grew by more than the time did" in said(made_of(V220, later, blocks=20))


def test_whether_it_is_work_is_not_told_of_wide_intervals(regression: Comparison, verdict: Verdict) -> None:
    """Given CPU that may be a third of the loss or twice as much, neither work nor waiting is claimed."""
    raw = tell(regression, verdict).paragraphs[1]
    assert "of the time that was added" not in raw.text


def test_the_function_that_grew_most_is_named(regression: Comparison, verdict: Verdict) -> None:
    """Given profiles in which a call is new, it is told with all that it calls and its interval, and no leaf of it."""
    clause = tell(regression, verdict).paragraphs[1].sentences[2][0]
    assert clause.text.startswith(
        "The function that grew most is propose (broker/metadata/raft.py) with all that it calls, by 4,"
    )
    assert clause.figure == "functions-cpu-raw"


def test_a_function_that_chance_could_have_moved_is_not_named(
    regression: Comparison, verdict: Verdict
) -> None:
    """Given the same profiles of too few starts for a test, no function is named, and that it could not be is told."""
    few = replace(regression, profiles=tuple(p for p in regression.profiles if p.start < 2))
    told_of_few = tell(few, verdict)
    assert "function" not in told_of_few.paragraphs[1].text
    assert told_of_few.unavailable == (
        "Unavailable: the function that CPU went to (it takes profiles of 3 starts a side, with samples enough, to "
        "tell a change from what starts differ by).",
    )
    # and given starts enough that do not differ, none is named and nothing is missing
    same = replace(regression, profiles=tuple(_both(p, regression) for p in regression.profiles))
    assert "function" not in tell(same, verdict).paragraphs[1].text
    assert tell(same, verdict).unavailable == ()


def test_tasks_that_pile_up_are_told_where_blocks_prove_them(
    regression: Comparison, verdict: Verdict
) -> None:
    """Given tasks spawned in every block and a series that rises, it is told; given the series alone, it is not."""
    clause = tell(regression, verdict).paragraphs[1].sentences[-1][0]
    assert clause.text.startswith("Tasks alive of v2.2.7 went from 12 to 73K in 3.9 s")
    assert clause.figure == "over-time-tasks_alive-raw"
    loss = made_of(V220, SLOWER)
    alone = replace(loss, series=tuple(s for s in regression.series if s.workload == "raw"))
    assert "Tasks alive" not in said(alone)


def test_tasks_that_do_not_pile_up_are_not_said_to(regression: Comparison, verdict: Verdict) -> None:
    """Given tasks that pile up on both sides alike, or that are as few at the end as at first, nothing is said."""
    rising = next(s for s in regression.series if (s.side, s.workload) == ("candidate", "raw"))
    fallen = (*rising.values["tasks_alive"][:-1], rising.values["tasks_alive"][0])
    alike = with_tasks(regression, base=rising.values["tasks_alive"], candidate=rising.values["tasks_alive"])
    gone = with_tasks(regression, base=(12.0,) * len(fallen), candidate=fallen)
    for made in (alike, gone):
        assert "Tasks alive" not in tell(made, verdict).paragraphs[1].text


def test_what_perf_explain_found_is_told(regression: Comparison, verdict: Verdict) -> None:
    """Given answers of an experiment, the largest comes first, what explains little is bounded, open ones are left."""
    found = (
        a_cause("store", "little", (0.0, -0.02, 0.013)),
        a_cause("apply", "little", (0.01, -0.01, 0.031)),
        a_cause("codec", "part", (0.2, 0.15, 0.25)),
        a_cause("worker", "most", (0.75, 0.7, 0.8), (0.97, 0.95, 0.99)),
        a_cause("other", "open", (0.3, -0.5, 0.9)),
    )
    sentence = tell(replace(regression, causes=found), verdict).paragraphs[0].sentences[2]
    assert [c.text for c in sentence] == [
        "Putting worker back to old restores 97 % (95 to 99 %) of the loss",
        "the difference in codec explains 20 % (15 to 25 %) of it",
        "the differences in store and apply explain less than 4 % of it each",
    ]
    assert {c.figure for c in sentence} == {figures.causes("acks1")}


def test_what_putting_back_restores_is_told_only_where_it_is_known(
    regression: Comparison, verdict: Verdict
) -> None:
    """Given a cause whose restoring nothing bounds yet, what it explains is told instead."""
    found = (a_cause("worker", "most", (0.75, 0.7, 0.8)),)
    told_text = tell(replace(regression, causes=found), verdict).paragraphs[0].text
    assert "The difference in worker explains 75 % (70 to 80 %) of the loss." in told_text
    assert "Putting" not in told_text


def test_an_experiment_without_an_answer_claims_nothing(regression: Comparison, verdict: Verdict) -> None:
    """Given differences that are all open, the paragraph is as it is without the experiment."""
    found = (a_cause("worker", "open", (0.75, -0.7, 1.8), (0.97, 0.5, 1.4)),)
    assert tell(replace(regression, causes=found), verdict) == tell(regression, verdict)


def test_shares_of_another_metric_are_not_of_the_loss(regression: Comparison, verdict: Verdict) -> None:
    """Given an experiment on the CPU of a message, its shares are said to be of that."""
    found = (replace(a_cause("codec", "part", (0.2, 0.15, 0.25)), metric="cpu_per_message", workload="raw"),)
    raw = tell(replace(regression, causes=found), verdict).paragraphs[1]
    assert "explains 20 % (15 to 25 %) of the change in CPU per stored message." in raw.text


def test_what_is_unavailable_is_said_once() -> None:
    """Given two workloads whose broker tells no stages and that nothing may profile, each reason is there once."""
    made = a_comparison(blocks=8, histograms=False, workloads=(ACKS1, RAW))
    for side in ("base", "candidate"):
        made = with_slices(made, side, lambda s: replace(s, telemetry={}))  # type: ignore[arg-type]
    made = replace(
        made,
        profiles=(),
        missing_profiles=tuple(
            MissingProfile(side, w.name, "cpu", "py-spy was not permitted")  # type: ignore[arg-type]
            for side in ("base", "candidate")
            for w in made.workloads
        ),
    )
    missing = told(made).unavailable
    assert len(missing) == len(set(missing)) == 2
    assert missing[0].startswith("Unavailable: the stage that a batch's time went to (")
    assert "no metrics that perf knows were read of the broker" in missing[0]
    assert missing[1] == "Unavailable: the function that CPU went to (py-spy was not permitted)."
    for shown in (text.render(made, judge(made)).replace("\n", " "), markdown.render(made, judge(made))):
        assert shown.count("py-spy was not permitted") == 1


def test_a_function_that_would_not_be_named_is_not_missed(regression: Comparison, verdict: Verdict) -> None:
    """Given a loss that is waiting, for which no function is named, missing profiles are no news at the top."""
    refused = MissingProfile("base", "acks1", "cpu", "py-spy was not permitted")
    assert tell(replace(regression, missing_profiles=(refused,)), verdict).unavailable == ()


def test_cpu_that_could_not_be_read_is_said() -> None:
    """Given a broker whose CPU nothing can read, whether its loss is work or waiting is said to be unavailable."""
    made = with_slices(
        made_of(V220, SLOWER), "base", lambda s: replace(s, broker_cpu_s=Unavailable("no schedstat"))
    )
    assert any(
        m.startswith("Unavailable: whether what changed is work or waiting (") and "no schedstat" in m
        for m in told(made).unavailable
    )


def test_the_same_paragraph_is_in_text_and_markdown(regression: Comparison, verdict: Verdict) -> None:
    """Given the incident, what the page says with links is said without them before all tables."""
    for paragraph in tell(regression, verdict).paragraphs:
        shown = text.render(regression, verdict).replace("\n", " ")
        assert f"{paragraph.workload.title}: {paragraph.text}" in shown
        assert shown.index(paragraph.text) < shown.index("counted")
        summary = markdown.render(regression, verdict)
        assert f"**{paragraph.workload.title}:** {paragraph.text}" in summary
        assert summary.index(paragraph.text) < summary.index("| Workload |")


def test_lost_messages_are_told_without_a_search_for_time() -> None:
    """Given messages that are not stored, they are told, and no stage or function is missed."""
    equals = a_pair_of_equals(blocks=2, histograms=False, evidence=False, workloads=(ACKS1,))
    lost = with_slices(
        equals,
        "candidate",
        lambda s: replace(s, load=replace(s.load, stored=s.load.stored - 3), telemetry={}),
    )
    assert "messages acknowledged are not stored; base has no gap." in said(lost)
    assert told(lost).unavailable == ()


def made_of(
    base: dict[str, Behaviour] | object, candidate: dict[str, Behaviour], blocks: int = 12
) -> Comparison:
    """Compare two behaviours under raw connections, without profiles and series."""
    return a_comparison(
        base,  # type: ignore[arg-type]
        candidate,
        blocks=blocks,
        histograms=False,
        evidence=False,
        workloads=(RAW,),
    )


def told(comparison: Comparison) -> Told:
    """Tell it with its own verdict."""
    return tell(comparison, judge(comparison))


def said(comparison: Comparison) -> str:
    """Give the one paragraph that there is."""
    (paragraph,) = told(comparison).paragraphs
    return paragraph.text


def times(comparison: Comparison, name: str, factors: list[float]) -> Comparison:
    """Multiply a counter of the candidate's, in one block by one factor and in the next by another."""
    blocks = []
    for block in comparison.blocks:
        factor = factors[block.index % len(factors)]
        slices = tuple(
            replace(s, telemetry={**s.telemetry, name: s.telemetry[name] * factor})
            for s in block.candidate.slices
        )
        blocks.append(replace(block, candidate=replace(block.candidate, slices=slices)))
    return replace(comparison, blocks=tuple(blocks))


def with_tasks(
    comparison: Comparison, base: tuple[float | None, ...], candidate: tuple[float | None, ...]
) -> Comparison:
    """Give each side so many tasks alive over the series of raw connections."""
    alive = {"base": base, "candidate": candidate}
    return replace(
        comparison,
        series=tuple(
            replace(s, values={**s.values, "tasks_alive": alive[s.side]}) if s.workload == "raw" else s
            for s in comparison.series
        ),
    )


def a_cause(
    key: str,
    answer: str,
    explains: tuple[float, float, float],
    restores: tuple[float, float, float] | None = None,
) -> Cause:
    """Give what was found of one difference."""
    back = Share(*restores) if restores else None
    return Cause("acks1", "throughput", key, "old", "new", answer, Share(*explains), back, None)  # type: ignore[arg-type]


def _with_own(flushes: float) -> Callable[[Slice], Slice]:
    return lambda s: replace(
        s,
        own={
            "flushes_total": OwnMetric("counter", s.load.stored * flushes),
            "queue_length": OwnMetric("gauge", 3.0),
        },
    )


def _both(profile: Profile, comparison: Comparison) -> Profile:
    """Give the base's profile of that start for either side."""
    base = next(
        p
        for p in comparison.profiles
        if (p.side, p.workload, p.kind, p.start) == ("base", profile.workload, profile.kind, profile.start)
    )
    return replace(base, side=profile.side)
