"""What a run gathers after its blocks is added to what an earlier run of the same comparison had."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.experiment.evidence import NO_PROFILES, NO_SERIES, Evidence
from tests.builders import a_pair_of_equals

WITH = a_pair_of_equals(blocks=2)
WITHOUT = replace(
    WITH, series=(), profiles=(), missing_profiles=(), notes=("kept", f"{NO_PROFILES}: no time")
)


def test_a_run_that_gathers_nothing_keeps_what_there_was() -> None:
    """Given a run that goes on and has no time for evidence, series and profiles stay, and none is said to lack."""
    found = Evidence(notes=[f"{NO_PROFILES}: no time", f"{NO_SERIES}: no time"]).added_to(WITH)
    assert found == WITH


def test_a_run_that_gathers_what_lacked_takes_back_that_it_lacks() -> None:
    """Given an earlier run without profiles, the run that takes them leaves out the sentence, and no other."""
    evidence = Evidence(list(WITH.series), list(WITH.profiles), list(WITH.missing_profiles))
    assert evidence.added_to(WITHOUT) == replace(WITH, notes=("kept",))


def test_what_lacks_is_said() -> None:
    """Given nothing before and nothing now, the reason is a note of the comparison."""
    nothing = replace(WITHOUT, notes=())
    assert Evidence(notes=[f"{NO_PROFILES}: no time"]).added_to(nothing).notes == (f"{NO_PROFILES}: no time",)
