"""What a run gathers after its blocks is added to what an earlier run of the same comparison had."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.experiment.evidence.gathering import Evidence
from chronik_perf.experiment.pacing import paced
from chronik_perf.model import Lacking
from chronik_perf.stats import judge
from tests.builders import ACKS0, ACKS1, V220, a_comparison, a_pair_of_equals

WITH = a_pair_of_equals(blocks=2)
NO_PROFILES = Lacking("profiles", "no profiles were taken: no time")
NO_SERIES = Lacking("series", "no time series were taken: no time")
WITHOUT = replace(WITH, series=(), profiles=(), missing_profiles=(), notes=("kept",), lacking=(NO_PROFILES,))


def test_a_run_that_gathers_nothing_keeps_what_there_was() -> None:
    """Given a run that goes on and has no time for evidence, series and profiles stay, and none is said to lack."""
    found = Evidence(lacking=[NO_PROFILES, NO_SERIES]).added_to(WITH)
    assert found == WITH


def test_a_run_that_fails_at_its_first_side_keeps_what_there_was_of_both() -> None:
    """Given a run that goes on and ends after one side's first series, both sides' earlier ones stay."""
    one = [series for series in WITH.series if series.side == "base"]
    found = Evidence(series=one, missing_profiles=list(WITH.missing_profiles)).added_to(WITH)
    assert (found.series, found.profiles) == (WITH.series, WITH.profiles)


def test_a_run_that_gathers_what_lacked_takes_back_that_it_lacks() -> None:
    """Given an earlier run without profiles, the run that takes them leaves out the sentence, and no other."""
    evidence = Evidence(list(WITH.series), list(WITH.profiles), list(WITH.missing_profiles))
    assert evidence.added_to(WITHOUT) == replace(WITH, notes=("kept",))


def test_what_lacks_is_said() -> None:
    """Given nothing before and nothing now, the reason is a finding of the comparison."""
    evidence = Evidence()
    evidence.lack_of("profiles", "no time")
    found = evidence.added_to(replace(WITHOUT, lacking=()))
    assert found.lacking == (NO_PROFILES,)
    assert "No profiles were taken: no time." in judge(found).findings


def test_a_side_that_has_become_slow_is_sent_no_more_than_it_stores() -> None:
    """Given acks=0 of which one side stores a fifteenth, its windows are bounded by that, and nothing else is."""
    slow = replace(V220["acks0"], msgs_per_s=V220["acks0"].msgs_per_s / 15)
    comparison = a_comparison(
        V220, {**V220, "acks0": slow}, blocks=4, evidence=False, workloads=(ACKS1, ACKS0)
    )
    base, candidate = paced(comparison, "base"), paced(comparison, "candidate")
    assert (base[0], candidate[0]) == (ACKS1, ACKS1)
    stored_bytes = slow.msgs_per_s * ACKS0.slice_s * ACKS0.message_size_bytes
    assert stored_bytes / 2 < candidate[1].slice_bytes < 2 * stored_bytes
    assert candidate[1].slice_bytes * 4 < base[1].slice_bytes <= ACKS0.slice_bytes
