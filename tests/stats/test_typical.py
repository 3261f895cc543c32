"""The typical pair of slices: it finds a loss behind a neighbour's noise, and never hides one that most slices lack."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.model import Effect, metric
from chronik_perf.stats.betting.interval import decide, paired_effect
from chronik_perf.stats.betting.sequential import looks, words_at_each_look
from chronik_perf.stats.betting.typical import Typical, spreads_of, typical_of_pairs

Floats = NDArray[np.float64]
BLOCKS, PAIRS = 40, 24
ONE_WAY = 0.0006


def measured(rng: np.random.Generator, n: int, loss: float = 0.0) -> tuple[Floats, Floats, Typical]:
    """Draw n comparisons in which a neighbour halves the speed of one slice of seven: base, candidate, typical."""
    slices = rng.normal(0, 0.03, (2, n, BLOCKS, PAIRS)) + np.where(
        rng.random((2, n, BLOCKS, PAIRS)) < 1 / 7, np.log(0.5), 0.0
    )
    slices[1] += np.log1p(-loss)
    return whole(slices[0]), whole(slices[1]), told_by(slices[0], slices[1])


def told_by(base: Floats, candidate: Floats) -> Typical:
    """Sum up the pairs of slices along the last axis; the axis before it are the blocks."""
    pairs, wholes = candidate - base, whole(candidate) - whole(base)
    if pairs.ndim == 2:
        return typical_of_pairs(list(pairs), wholes.tolist())
    each = [typical_of_pairs(list(p), w.tolist()) for p, w in zip(pairs, wholes, strict=True)]
    return Typical(
        *(np.stack([getattr(one, of) for one in each]) for of in ("value", "value_se", "whole_se"))
    )


def whole(slices: Floats) -> Floats:
    """Give the log of stored over time of all slices, which are equally long."""
    return np.asarray(np.log(np.exp(slices).mean(axis=-1)))


def test_identical_code_is_accused_no_more_often_than_promised() -> None:
    """Of 1,000 comparisons with hardly any threshold and an error of 20 %, at most 20 % ever accuse a side."""
    base, candidate, typical = measured(np.random.default_rng(1), 1000)
    found = looks(base, candidate, 0.0005, 0.1, None, typical, sameness=False)
    slower, faster = found.below.any(axis=1), found.above.any(axis=1)
    assert (slower | faster).mean() <= 0.2
    assert abs(int(slower.sum()) - int(faster.sum())) <= 3.3 * (slower.sum() + faster.sum()) ** 0.5


def test_a_loss_is_found_behind_slow_slices() -> None:
    """Given a loss of 5 % at X = 3 %, all slices together find few within 40 blocks, the typical ones most."""
    base, candidate, typical = measured(np.random.default_rng(2), 200, loss=0.05)
    margin = -np.log1p(-0.03)
    alone = looks(base, candidate, margin, ONE_WAY, sameness=False).below.any(axis=1).mean()
    helped = looks(base, candidate, margin, ONE_WAY, None, typical, sameness=False).below.any(axis=1).mean()
    assert alone < 0.2
    assert helped > 0.8


def test_a_broker_that_stalls_in_some_slices_is_not_called_unchanged() -> None:
    """Given a candidate that stands still in one slice of five, its typical slice is the base's and misleads nobody."""
    rng = np.random.default_rng(3)
    base, candidate = rng.normal(0, 0.01, (2, BLOCKS, PAIRS))
    candidate = candidate + np.where(np.arange(PAIRS) % 5 == 0, np.log(0.01), 0.0)
    typical = told_by(base, candidate)
    assert abs(typical.value.mean()) < 0.01
    said = words_at_each_look(whole(base), whole(candidate), 0.05, 2 * ONE_WAY, None, typical)
    assert said[-1] == "below"
    assert "inside" not in said


@pytest.mark.parametrize(("stalled", "speed"), [(0.04, 0.2), (0.1, 0.5), (0.2, 0.5)])
def test_a_candidate_whose_shape_alone_changed_is_not_called_faster(stalled: float, speed: float) -> None:
    """Given most slices faster and some stalled, equal as wholes, of 300 comparisons hardly one is called moved."""
    rng = np.random.default_rng(5)
    base, candidate = rng.normal(0, 0.03, (2, 300, BLOCKS, PAIRS))
    slow = rng.random(candidate.shape) < stalled
    candidate = candidate + np.where(slow, np.log(speed), 0.0) - np.log(1 - stalled * (1 - speed))
    typical = told_by(base, candidate)
    assert typical.value.mean() > 0.02
    found = looks(whole(base), whole(candidate), 0.01, ONE_WAY, None, typical, sameness=False)
    assert int((found.below | found.above).any(axis=1).sum()) <= 3


@pytest.mark.parametrize(("typical", "word"), [(-0.12, "inconclusive"), (-0.01, "inconclusive")])
def test_a_typical_slice_alone_decides_nothing(typical: float, word: str) -> None:
    """Given noisy blocks whose mean lies inside X, neither a typical loss beyond X nor one inside it makes a word."""
    noise = 0.3 * np.resize([1.0, -1.0], BLOCKS)
    pairs = [(100.0, 100.0 * np.exp(0.01 * (-1) ** (i // 2) + d)) for i, d in enumerate(noise)]
    effect = paired_effect(
        "ratio",
        pairs,
        2 * ONE_WAY,
        0.05,
        [i % 3 == 0 for i in range(BLOCKS)],
        Typical(*np.outer([typical, 0, 0], np.ones(BLOCKS))),
    )
    assert isinstance(effect, Effect)
    assert decide(effect, metric("throughput"), 0.05) == word


def test_the_interval_of_a_move_is_the_one_that_proved_it() -> None:
    """Given a loss that only the typical slices prove, the interval lies wholly beyond X and the estimate within it."""
    drawn = measured(np.random.default_rng(4), 1, loss=0.05)
    base, candidate, typical = drawn[0][0], drawn[1][0], drawn[2].map(lambda of: of[0])
    pairs = [(float(b), float(c)) for b, c in np.exp([base, candidate]).T]
    margin = -float(np.log1p(-0.03))
    alone = paired_effect("ratio", pairs, 2 * ONE_WAY, margin)
    helped = paired_effect("ratio", pairs, 2 * ONE_WAY, margin, None, typical)
    assert isinstance(alone, Effect)
    assert isinstance(helped, Effect)
    assert decide(alone, metric("throughput"), margin) == "inconclusive"
    assert decide(helped, metric("throughput"), margin) == "regressed"
    assert helped.low <= helped.estimate <= helped.high < -0.03


def uneven(rng: np.random.Generator, n: int, loss: float) -> tuple[Floats, Floats, Typical]:
    """Draw n comparisons whose first four blocks have 3 pairs and the others 24, each pair with an SD of 10 %."""
    parts = []
    for _ in range(n):
        pairs = [rng.normal(np.log1p(-loss), 0.1, 3 if block < 4 else PAIRS) for block in range(BLOCKS)]
        wholes = [float(p.mean()) for p in pairs]
        parts.append((np.asarray(wholes), typical_of_pairs(pairs, wholes)))
    told = (np.stack([getattr(t, of) for _, t in parts]) for of in ("value", "value_se", "whole_se"))
    candidate = np.stack([whole for whole, _ in parts])
    return np.zeros_like(candidate), candidate, Typical(*told)


def test_short_noisy_blocks_do_not_spoil_the_bets_on_the_others() -> None:
    """Given first blocks of 3 pairs and later ones of 24, a loss of 3 % at X = 1 % is found in most comparisons."""
    base, candidate, typical = uneven(np.random.default_rng(6), 200, 0.03)
    margin = -np.log1p(-0.01)
    found = looks(base, candidate, margin, ONE_WAY, None, typical, sameness=False).below.any(axis=1)
    doubtless = Typical(typical.value, 0 * typical.value_se, 0 * typical.whole_se)
    without = looks(base, candidate, margin, ONE_WAY, None, doubtless, sameness=False).below.any(axis=1)
    assert found.mean() > 0.8
    assert without.mean() < found.mean() - 0.15


def test_bets_that_heed_the_spread_accuse_no_more_often_than_promised() -> None:
    """Of 1,000 comparisons of identical code in uneven blocks, at an error of 20 %, at most 20 % accuse a side."""
    base, candidate, typical = uneven(np.random.default_rng(7), 1000, 0.0)
    found = looks(base, candidate, 0.0005, 0.1, None, typical, sameness=False)
    slower, faster = found.below.any(axis=1), found.above.any(axis=1)
    assert (slower | faster).mean() <= 0.2
    assert abs(int(slower.sum()) - int(faster.sum())) <= 3.3 * (slower.sum() + faster.sum() + 1) ** 0.5


def test_a_standard_error_is_that_of_the_pairs() -> None:
    """Given pairs of a known SD, both errors are near SD / sqrt(pairs), and a block that agrees by luck is not sure."""
    rng = np.random.default_rng(8)
    pairs = [rng.normal(0.3, 0.06, PAIRS) for _ in range(200)]
    told = typical_of_pairs([*pairs, np.full(3, 0.3)], [float(p.mean()) for p in pairs] + [0.3])
    assert told.value[:-1].std() == pytest.approx(told.value_se[100:-1].mean(), rel=0.2)
    assert told.whole_se[100:-1].mean() == pytest.approx(0.06 / PAIRS**0.5, rel=0.15)
    assert told.whole_se[-1] == pytest.approx(0.06 / 3**0.5, rel=0.1)
    assert told.value_se[-1] > 0.5 * told.whole_se[-1]


def test_a_block_as_a_whole_is_not_heeded_less_for_its_own_stall() -> None:
    """Given one block with a stalled slice, its error as a whole is that of its neighbours; later ones heed it."""
    rng = np.random.default_rng(11)
    pairs = [rng.normal(0, 0.06, PAIRS) for _ in range(20)]
    calm = typical_of_pairs(pairs, [float(p.mean()) for p in pairs])
    pairs[10][3] -= 3.0
    told = typical_of_pairs(pairs, [float(p.mean()) for p in pairs])
    assert told.whole_se[:11] == pytest.approx(calm.whole_se[:11])
    assert (told.whole_se[11:] > 1.5 * calm.whole_se[11:]).all()


def test_the_standard_errors_do_not_tell_which_side_is_which() -> None:
    """Given the sides exchanged, or a candidate that is slower by the same everywhere, the errors stay the same."""
    rng = np.random.default_rng(9)
    pairs = [rng.standard_t(2, size) for size in (3, 4, 1, 24, 9)]
    wholes = [float(p.mean()) for p in pairs]
    told = typical_of_pairs(pairs, wholes)
    swapped = typical_of_pairs([-p for p in pairs], [-w for w in wholes])
    moved = typical_of_pairs([p - 0.7 for p in pairs], [w - 0.7 for w in wholes])
    for other in (swapped, moved):
        assert other.value_se == pytest.approx(told.value_se)
        assert other.whole_se == pytest.approx(told.whole_se)
    assert swapped.value == pytest.approx(-told.value)
    assert moved.value == pytest.approx(told.value - 0.7)


@pytest.mark.parametrize("stalled", [0.1, 0.2, 0.3])
def test_the_words_of_a_look_are_those_of_the_interval(stalled: float) -> None:
    """Given a candidate that stalls in a fifth of its blocks, nobody calls it unchanged who does not in the verdict."""
    rng = np.random.default_rng(10)
    for _ in range(5):
        base, candidate = rng.normal(0, 0.02, (2, BLOCKS, PAIRS))
        slow = (np.arange(BLOCKS) % 5 == 0)[:, None] & (np.arange(PAIRS) < stalled * PAIRS)
        candidate = candidate + np.where(slow, np.log(0.2), 0.0)
        typical = told_by(base, candidate)
        said = words_at_each_look(whole(base), whole(candidate), 0.05, 2 * ONE_WAY, None, typical)
        pairs = [(float(b), float(c)) for b, c in np.exp([whole(base), whole(candidate)]).T]
        effect = paired_effect("ratio", pairs, 2 * ONE_WAY, 0.05, None, typical)
        assert isinstance(effect, Effect)
        word = decide(effect, metric("throughput"), 0.05)
        assert said[-1] == {"unchanged": "inside", "regressed": "below", "improved": "above"}.get(
            word, "open"
        )


def test_a_word_that_was_reached_stays_whatever_comes_after_it() -> None:
    """Given a proven loss, and then two blocks that were far off, the verdict goes on saying what its looks said."""
    rng = np.random.default_rng(12)
    candidate = np.concatenate((rng.normal(-0.08, 0.004, (20, PAIRS)), rng.normal(0.35, 0.004, (2, PAIRS))))
    base = np.zeros_like(candidate)
    typical = told_by(base, candidate)
    said = words_at_each_look(whole(base), whole(candidate), 0.05, 2 * ONE_WAY, None, typical)
    pairs = [(float(b), float(c)) for b, c in np.exp([whole(base), whole(candidate)]).T]
    effect = paired_effect("ratio", pairs, 2 * ONE_WAY, 0.05, None, typical)
    assert isinstance(effect, Effect)
    assert (said[19], said[-1]) == ("below", "below")
    assert decide(effect, metric("throughput"), 0.05) == "regressed"


def test_a_block_is_not_heeded_less_because_some_of_its_slices_have_no_value() -> None:
    """Given a block of which most slices stored nothing, its error as a whole is that of 24 pairs all the same."""
    rng = np.random.default_rng(13)
    pairs = [rng.normal(0, 0.06, PAIRS) for _ in range(6)]
    told = spreads_of([*pairs, pairs[0][:4], pairs[0][:0]], [0.0] * 8, [PAIRS] * 8).typical()
    assert told.whole_se[6:] == pytest.approx(told.whole_se[5], rel=0.1)
    assert told.value_se[6] > 2 * told.value_se[5]
