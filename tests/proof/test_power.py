"""What a loss of known size does to comparisons of known noise is what the tables say."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.proof import power, speed, whole
from benchmarks.proof.dataset import add, read
from benchmarks.proof.rows import comparison_line, start_lines
from tests.builders import V220, Noise, a_comparison

SECONDS_A_BLOCK = 8.0


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> power.Group:
    """Give two A/A comparisons of 20 blocks whose starts have an SD of 0.4 %, in blocks of 8 s."""
    folder = tmp_path_factory.mktemp("data")
    for seed in (1, 2):
        comparison = a_comparison(
            V220,
            V220,
            blocks=20,
            histograms=False,
            evidence=False,
            noise=Noise(between=0.004, slices=0.002),
            seed=seed,
        )
        run = f"aa-{seed}"
        starts = [row | {"began_s": SECONDS_A_BLOCK * row["block"]} for row in start_lines(comparison, run)]
        line = comparison_line(comparison, run, "A/A", 0) | {"elapsed_s": 220.0}
        add(folder, line, starts)
    (found,) = power.groups(read(folder))
    return found


def test_the_blocks_that_fit_follow_from_the_recorded_seconds(group: power.Group) -> None:
    """Of 300 s, 220 - 20 x 8 = 60 s go elsewhere, and the rest holds 30 blocks of 8 s."""
    assert group.seconds_a_block == SECONDS_A_BLOCK
    assert group.affordable == 30


def test_a_large_loss_is_found_and_one_of_exactly_the_threshold_is_never_unchanged(
    group: power.Group,
) -> None:
    """3 % is found at X = 1 % in quiet noise; at a loss of exactly X nobody may say unchanged."""
    rows = power.table([group], 300, seed=3)
    of_throughput = [r for r in rows if r.test == "throughput@raw"]
    assert {(r.goal.threshold, r.goal.loss) for r in of_throughput} == {(0.01, 0.03), (0.005, 0.015)}
    (easy,) = (r for r in of_throughput if r.goal.loss == 0.03)
    assert easy.reached
    assert all(r.unchanged <= 0.01 * r.comparisons for r in rows)
    assert easy.block_sd == pytest.approx(0.004 * 2**0.5, rel=0.3)


def test_more_of_a_loss_is_never_found_less_often(group: power.Group) -> None:
    """Detection rises with the loss, from hardly ever at none to always at five thresholds."""
    (curve,) = power.curves([group], {"throughput@raw": (0.02,)}, 200, seed=4)
    found = [share for _, share, _ in curve.points]
    assert found[0] <= 0.01
    assert found[-1] == 1.0
    assert all(later >= earlier - 0.02 for earlier, later in itertools.pairwise(found))


def test_a_large_loss_needs_fewer_blocks_than_a_small_one(group: power.Group) -> None:
    """Looking after each block ends early where there is much to see, which a fixed design does not."""
    row = next(r for r in speed.table([group], ["throughput@raw"], 200, seed=5) if r.threshold == 0.005)
    medians = dict(row.medians)
    assert row.fixed is not None
    assert medians[0.5] < medians[0.015]
    assert medians[0.5] >= 8  # fewer blocks can prove nothing at this error


def test_whole_comparisons_end_as_they_should(group: power.Group) -> None:
    """At X = 5 %, a loss of 20 % ends as a regression and none as no regression, without a false word.

    Both end long before the 30 blocks that the budget holds: the rule that ends a run ends these, too.
    """
    rows = {(r.threshold, r.loss): r for r in whole.table([group], 4, seed=6)}
    lost, none = rows[0.05, 0.20], rows[0.05, 0.0]
    assert lost.regression == 4
    assert none.regression == 0
    assert all(r.regression + r.none + r.inconclusive == r.comparisons for r in rows.values())
    assert sum(r.false for r in rows.values()) == 0
    assert max(lost.most_blocks, none.most_blocks) < group.affordable
