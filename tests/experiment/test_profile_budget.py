"""How much of a run profiles get: several starts where there is time, one where there is not."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.experiment.plan import budget, default_design


def test_a_default_run_profiles_enough_starts_for_a_test_and_a_quick_one_does_not() -> None:
    """Given no budget of one's own, a run has at least three starts a side; a quick or very short one has one."""
    assert budget(default_design(quick=False, seed=1)).profile_starts >= 3
    assert budget(default_design(quick=True, seed=1)).profile_starts == 1
    assert budget(default_design(quick=False, seed=1, budget_s=30.0)).profile_starts == 1


def test_a_longer_run_has_longer_profiles() -> None:
    """Given three times the time, profiles get three times the time, too."""
    usual, longer = (budget(default_design(quick=False, seed=1, budget_s=s)) for s in (300.0, 900.0))
    assert longer.profile_s == 3 * usual.profile_s


def test_a_profile_of_a_length_that_was_asked_for_is_spread_over_more_starts() -> None:
    """Given a quarter of an hour and a CPU profile of 270 s, a dozen starts have it, and all else stays as it is."""
    design = default_design(quick=False, seed=1, budget_s=900.0)
    usual, asked = budget(design), budget(replace(design, cpu_profile_s=270.0))
    assert (asked.profile_s, asked.profile_starts) == (270.0, 12)
    assert (asked.wall_s, asked.probed_starts) == (usual.wall_s, usual.probed_starts)
    assert budget(replace(design, cpu_profile_s=10.0)).profile_starts == usual.profile_starts
