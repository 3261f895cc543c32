"""What a design can tell is known before it runs, and a design that cannot tell is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chronik_perf.model import BadInput, Design, Workload
from chronik_perf.stats import design_check
from chronik_perf.stats.betting.sequential import words_at_each_look
from tests.builders import ACKS0, ACKS1, RAW

QUICK, DEFAULT = (ACKS1, RAW), (ACKS1, RAW, ACKS0)


@pytest.mark.parametrize(("blocks", "workloads", "tests"), [(30, QUICK, 6), (60, DEFAULT, 7)])
def test_the_default_designs_are_accepted_and_share_one_error(
    blocks: int, workloads: tuple[Workload, ...], tests: int
) -> None:
    """Every statistical gate and watch takes an equal part of 1 %, over all looks together."""
    power = design_check(Design(blocks, 1), workloads)
    assert power.tests == tests
    assert power.error == pytest.approx(0.01 / tests)
    assert power.smallest_p < power.error
    assert f"{blocks} blocks" in power.sentence


def test_a_design_that_cannot_reach_its_error_is_refused_with_what_could() -> None:
    """Three blocks prove nothing at 1 %, however large the effect; the sentence says the smallest p and how many."""
    with pytest.raises(
        BadInput, match=r"3 blocks cannot reach an error .* smallest p in reach is 0\.33"
    ) as refused:
        design_check(Design(3, 1), QUICK)
    needed = int(str(refused.value).split("at least ")[1].split()[0])
    design_check(Design(needed, 1), QUICK)
    with pytest.raises(BadInput):
        design_check(Design(needed - 1, 1), QUICK)


def test_the_least_number_of_blocks_is_what_the_largest_effect_takes() -> None:
    """Sides that lie a thousandfold apart are told apart at exactly the number of blocks that was named."""
    power = design_check(Design(30, 1), QUICK)
    base, candidate = np.zeros(30), np.full(30, -math.log(1000))
    order = np.arange(30) % 2 == 0  # as in a run, the second block takes the order that the first had not
    words = words_at_each_look(base, candidate, 0.05, power.error, order)
    assert words.index("below") + 1 == power.least_blocks


@pytest.mark.parametrize(
    ("key", "said"),
    [("thruput", "no metric is called"), ("throughput@acks9", "no workload of this run is called")],
)
def test_a_threshold_for_nothing_is_refused(key: str, said: str) -> None:
    """A misspelt name would otherwise be a threshold that nobody applies."""
    with pytest.raises(BadInput, match=said):
        design_check(Design(20, 1, thresholds={key: 0.1}), QUICK)


def test_the_block_sd_that_it_names_is_where_power_ends() -> None:
    """At the block SD named, equals are mostly called unchanged and twice the margin found; at twice it, not."""
    power = design_check(Design(12, 1), QUICK)
    row = next(m for m in power.metrics if (m.metric, m.workload) == ("throughput", "acks1"))
    rng = np.random.default_rng(5)

    def share(true: float, sd: float, word: str) -> float:
        found = []
        for _ in range(200):
            base, candidate = rng.normal(0, sd / math.sqrt(2), (2, 12))
            found.append(words_at_each_look(base, candidate + true, row.margin, power.error)[-1] == word)
        return float(np.mean(found))

    assert share(0.0, row.largest_block_sd, "inside") > 0.88
    assert share(-2 * row.margin, row.largest_block_sd, "below") > 0.88
    assert share(0.0, 2 * row.largest_block_sd, "inside") < 0.5
