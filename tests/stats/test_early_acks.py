"""A candidate that begins to acknowledge before its bytes are synced is a regression, however fast it is."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from chronik_perf.model import Comparison, MetricVerdict, Side, Start
from chronik_perf.report import html, junit, markdown, text, verdict_json
from chronik_perf.stats import judge
from chronik_perf.stats.causes.culprits import culprits
from chronik_perf.stats.counted.early_acks import word_of
from chronik_perf.stats.planning.family import Family
from tests.builders import V220, Behaviour, Noise, a_comparison
from tests.stats.commits import wait_in_syncs

HASTY = dataclasses.replace(V220["acks1"], stage_ms={**V220["acks1"].stage_ms, "commit_wait": 0.2})
FASTER = dataclasses.replace(HASTY, msgs_per_s=260e3, p50_ms=0.4, p99_ms=0.7)
SEED = 20_261_126


def compared(base: Behaviour, candidate: Behaviour, blocks: int = 12) -> Comparison:
    sides = (V220 | {"acks1": base}, V220 | {"acks1": candidate})
    return a_comparison(*sides, blocks=blocks, histograms=False, evidence=False, noise=Noise(), seed=3)


def row(comparison: Comparison, workload: str = "acks1") -> MetricVerdict:
    found = judge(comparison).row("early_acks", workload)
    assert found is not None
    return found


def telling(
    comparison: Comparison, side: Side, block: int | None = None, **changed: float | None
) -> Comparison:
    """Change what a side's metrics tell in all slices (or those of one block); None takes it away."""

    def told(start: Start) -> Start:
        def one(telemetry: dict[str, float]) -> dict[str, float]:
            return {k: v for k, v in {**telemetry, **changed}.items() if v is not None}

        slices = tuple(dataclasses.replace(s, telemetry=one(s.telemetry)) for s in start.slices)
        return dataclasses.replace(start, slices=slices)

    blocks = [
        dataclasses.replace(b, **{side: told(b.side(side))}) if block in (None, b.index) else b
        for b in comparison.blocks
    ]
    return dataclasses.replace(comparison, blocks=tuple(blocks))


def test_a_candidate_that_no_longer_waits_for_its_sync_has_regressed() -> None:
    """Given a faster candidate whose batches wait less than a sync takes, unlike the base's, the outcome says so."""
    comparison = compared(V220["acks1"], FASTER)
    verdict = judge(comparison)
    found = row(comparison)
    assert (found.word, found.role, found.effect) == ("regressed", "watch", None)
    assert "acknowledges before its bytes are synced, in 12 of 12 blocks" in found.sentence
    assert verdict.outcome == "regression"
    assert "acknowledges before its bytes are synced" in verdict.headline
    assert [c.name for c in culprits(comparison, verdict)] == ["commit_wait"]
    assert row(comparison, "raw").word == "unchanged"


def test_every_output_says_it() -> None:
    """Given such a candidate, text, Markdown, JUnit, HTML and JSON say so; what is counted is not called missing."""
    comparison = compared(V220["acks1"], FASTER)
    verdict = judge(comparison)
    said = "acknowledges before its bytes are synced"
    for rendered in (text.render(comparison, verdict), markdown.render(comparison, verdict)):
        (line,) = [
            x for x in rendered.splitlines() if "acknowledgements before the sync" in x and "regressed" in x
        ]
        assert said in line
    suite = ET.fromstring(junit.render(comparison, verdict))
    (failure,) = suite.findall("testcase/failure")
    assert said in failure.attrib["message"]
    assert '<tbody class="row regressed"' in html.render(comparison, verdict)
    assert "counted, not estimated" in html.render(comparison, verdict)
    rows = json.loads(verdict_json.render(comparison, verdict))["rows"]
    (found,) = [r for r in rows if r["metric"] == "early_acks" and r["word"] == "regressed"]
    assert found["per_block"][0] == [0, 0.0, 1.0]


def test_it_may_be_accepted_as_other_metrics_may() -> None:
    """Given a reason for it, the row is accepted and fails nothing, which lost messages never are."""
    comparison = compared(V220["acks1"], FASTER)
    design = dataclasses.replace(comparison.design, accepted={"early_acks": "it is replicated first (abc)"})
    verdict = judge(dataclasses.replace(comparison, design=design))
    assert verdict.outcome != "regression"
    assert "Accepted (it is replicated first (abc))" in verdict.headline


def test_the_other_way_round_is_an_improvement() -> None:
    """Given a base that did not wait and a candidate that does, the candidate has improved."""
    assert row(compared(FASTER, V220["acks1"])).word == "improved"


def test_who_never_waited_is_not_called_regressed() -> None:
    """Given two sides that sync lazily, there is no word, the reason is told, and the findings stay."""
    comparison = compared(HASTY, FASTER)
    found = row(comparison)
    assert found.word is None
    assert "does not tell them apart" in found.why
    assert sum("acknowledges before it has synced" in f for f in judge(comparison).findings) == 2


def test_who_does_not_tell_of_syncs_is_not_judged() -> None:
    """Given a side whose metrics have no syncs, the row is not judged, names what is missing, and fails nothing."""
    comparison = telling(compared(V220["acks1"], FASTER), "candidate", syncs=None, sync_s=None)
    found = row(comparison)
    assert found.word is None
    assert "the broker's metrics do not have sync_s" in found.why
    assert judge(comparison).outcome != "regression"


def test_a_candidate_that_stopped_to_sync_has_regressed() -> None:
    """Given a candidate that counts its syncs and made none, it is held against the sync of the base beside it."""
    comparison = telling(compared(V220["acks1"], FASTER), "candidate", syncs=0.0, sync_s=0.0)
    assert row(comparison).word == "regressed"
    assert "it makes no sync" in row(comparison).sentence
    otherwise = telling(compared(V220["acks1"], V220["acks1"]), "candidate", syncs=0.0, sync_s=0.0)
    assert row(otherwise).word == "unchanged"  # as it is with writes that return synced


def test_a_slower_sync_is_no_early_acknowledgement() -> None:
    """Given a candidate that waits as before and counts slow syncs of other files, too, there is no word."""
    slow = dataclasses.replace(V220["acks1"], sync_ms=0.9)
    found = row(compared(V220["acks1"], slow))
    assert found.word is None
    assert "may have waited for it all the same" in found.why


@pytest.mark.parametrize("blocks", [1, 4])
def test_few_blocks_have_no_word(blocks: int) -> None:
    """Given fewer than five blocks, a short wait may be chance."""
    found = row(compared(V220["acks1"], FASTER, blocks=blocks))
    assert found.word is None
    assert "at least 5 are needed" in found.why


def test_single_starts_that_look_hasty_make_no_regression() -> None:
    """Given a candidate that waits, but in one start of twelve for less than the mean sync, it is unchanged."""
    comparison = telling(
        compared(V220["acks1"], V220["acks1"]), "candidate", block=4, stage_commit_wait_s=1e-6
    )
    assert row(comparison).word == "unchanged"


def test_it_takes_no_part_of_the_error() -> None:
    """Given the row that is counted, the tests that are estimated share the error as before."""
    comparison = compared(V220["acks1"], V220["acks1"])
    tests = [r for r in judge(comparison).rows if r.role != "evidence" and r.threshold is not None]
    assert Family.of(comparison.design, comparison.workloads).tests == len(tests)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_equals_are_hardly_ever_told_apart(share: float) -> None:
    """Given two equal versions that look hasty in a share of starts, some 0.2 % are ever called regressed at most.

    Ever: looked at after each of 40 blocks. The worst share is near to a half.
    """
    rng = np.random.default_rng(SEED)
    comparisons = 3_000
    early = rng.random((comparisons, 2, 40)) < share
    regressed = sum(
        any(word_of(base[:n], candidate[:n]) == "regressed" for n in range(5, 41))
        for base, candidate in early.tolist()
    )
    assert regressed <= 0.003 * comparisons
    if share in (0.01, 0.99):
        assert regressed == 0


def test_group_commits_on_a_disk_with_heavy_tails() -> None:
    """Given simulated group commits, those that wait are never called regressed, and those that do not always are."""
    rng = np.random.default_rng(SEED)
    waits = [[wait_in_syncs(rng, early=False) < 1 for _ in range(12)] for _ in range(40)]
    hasty = [[wait_in_syncs(rng, early=True) < 1 for _ in range(12)] for _ in range(20)]
    assert {word_of(*pair) for pair in zip(waits[:20], waits[20:], strict=True)} == {"unchanged"}
    assert {word_of(*pair) for pair in zip(waits[:20], hasty, strict=True)} == {"regressed"}
