"""What a design can tell is known before it runs, and a design that cannot tell is refused."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.model import BadInput, Design, Effect, metric
from chronik_perf.stats import design_check
from chronik_perf.stats.interval import decide, paired_effect
from tests.builders import ACKS0, ACKS1, RAW

QUICK, DEFAULT = (ACKS1, RAW), (ACKS1, RAW, ACKS0)


@pytest.mark.parametrize(("blocks", "workloads", "tests"), [(6, QUICK, 6), (14, DEFAULT, 7)])
def test_the_default_designs_are_accepted_and_share_one_error(
    blocks: int, workloads: tuple[object, ...], tests: int
) -> None:
    """Every statistical gate and watch takes an equal part of 1 %, of which a first look spends half."""
    power = design_check(Design(blocks, 1), workloads)  # type: ignore[arg-type]
    assert power.tests == tests
    assert power.alpha == pytest.approx(0.01 / 2 / tests)
    assert power.degrees_of_freedom == blocks - 1
    assert power.smallest_p is not None and power.smallest_p < power.alpha
    assert f"{blocks} blocks" in power.sentence


@pytest.mark.parametrize("blocks", [1, 2])
def test_fewer_than_three_blocks_are_refused(blocks: int) -> None:
    """One or two starts carry no verdict."""
    with pytest.raises(BadInput, match="at least 3"):
        design_check(Design(blocks, 1), QUICK)


def test_a_design_that_cannot_reach_its_error_is_refused_with_what_could() -> None:
    """Three blocks are too few even on the quietest machine on record; the sentence says how many."""
    with pytest.raises(BadInput, match="3 blocks cannot reach an error") as refused:
        design_check(Design(3, 1), QUICK)
    needed = int(str(refused.value).rsplit(" ", 1)[1])
    design_check(Design(needed, 1), QUICK)
    with pytest.raises(BadInput):
        design_check(Design(needed - 1, 1), QUICK)


def test_a_threshold_below_any_machine_is_refused() -> None:
    """0.1 % in six blocks asks for less noise than was ever seen."""
    with pytest.raises(BadInput, match="would stay inconclusive"):
        design_check(Design(6, 1, thresholds={"throughput": 0.001}), QUICK)


@pytest.mark.parametrize(
    ("key", "said"),
    [("thruput", "no metric is called"), ("throughput@acks9", "no workload of this run is called")],
)
def test_a_threshold_for_nothing_is_refused(key: str, said: str) -> None:
    """A misspelt name would otherwise be a threshold that nobody applies."""
    with pytest.raises(BadInput, match=said):
        design_check(Design(6, 1, thresholds={key: 0.1}), QUICK)


def test_the_block_sd_that_it_names_is_where_decisions_end() -> None:
    """Just below it equals are unchanged and twice the threshold regressed; just above, neither."""
    power = design_check(Design(6, 1), QUICK)
    row = next(m for m in power.metrics if (m.metric, m.workload) == ("throughput", "acks1"))
    shape = np.array([-1.0, 1.0, -0.5, 0.5, 0.8, -0.8])
    shape /= shape.std(ddof=1)

    def word(true: float, sd: float) -> str:
        d = true + sd * (shape - shape.mean())
        effect = paired_effect("ratio", list(zip(np.ones(6), np.exp(d), strict=True)), power.alpha)
        assert isinstance(effect, Effect)
        return decide(effect, metric("throughput"), row.margin)

    below, above = 0.98 * row.largest_block_sd, 1.02 * row.largest_block_sd
    assert (word(0.0, below), word(-2 * row.margin, below)) == ("unchanged", "regressed")
    assert (word(0.0, above), word(-2 * row.margin, above)) == ("inconclusive", "inconclusive")


def test_a_later_look_asks_for_more() -> None:
    """The second look may spend half of what the first could, so its intervals are wider."""
    first, second = (design_check(Design(8, 1, look=k), QUICK) for k in (1, 2))
    assert second.alpha == first.alpha / 2
    assert second.half_width_per_sd > first.half_width_per_sd
