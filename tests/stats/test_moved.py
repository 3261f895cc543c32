"""What became of a change, and which changes of several series are one."""

from __future__ import annotations

import pytest

from chronik_perf.stats.changes import Change
from chronik_perf.stats.history.moved import fates, together, union


def changes(*levels: float, every: int = 10) -> list[Change]:
    """Give the changes of a series that goes through the levels, `every` positions apart."""
    return [
        Change(
            index=every * i,
            before=levels[i - 1],
            after=levels[i],
            low=every * i,
            high=every * i,
            confidence=0.99,
        )
        for i in range(1, len(levels))
    ]


def change(index: int, low: int | None = None, high: int | None = None, confidence: float = 0.99) -> Change:
    return Change(index, 10, 12, index if low is None else low, index if high is None else high, confidence)


@pytest.mark.parametrize(
    ("levels", "fate"),
    [
        ((100, 90), ["stayed"]),
        ((100, 90, 100), ["went away again", "undid an earlier change"]),
        ((100, 90, 97, 98), ["went away again", "undid an earlier change", "stayed"]),
        ((100, 90, 80), ["stayed", "stayed"]),
        ((100, 90, 93), ["stayed", "stayed"]),
        ((100, 90, 120), ["was outweighed later", "stayed"]),
        ((100, 90, 100, 90), ["went away again", "undid an earlier change", "stayed"]),
        ((100, 90, 80, 100), ["went away again", "was outweighed later", "undid an earlier change"]),
    ],
)
def test_a_change_that_went_away_is_told_from_one_that_stayed(
    levels: tuple[float, ...], fate: list[str]
) -> None:
    """Given the levels of a series, each change says whether the newest level still holds what it brought."""
    assert [m.fate for m in fates(changes(*levels))] == fate


def test_what_came_back_by_half_alone_has_not_gone_away() -> None:
    """Given a loss of 20 % of which 9 % are left, it stayed where 5 % are tolerated, and went away where 10 % are."""
    levels = changes(100, 80, 91)
    assert [m.fate for m in fates(levels, lambda level: 0.05 * level)] == ["stayed", "stayed"]
    assert fates(levels, lambda level: 0.10 * level)[0].fate == "went away again"


def test_what_went_away_says_when() -> None:
    """Given a change that was undone, it names the position of the change that undid it."""
    assert [m.until for m in fates(changes(5, 9, 5.2))] == [20, None]


def test_series_that_moved_at_one_place_are_one_group() -> None:
    """Given changes of three series, those whose ranges share a position are one group, and the third is its own."""
    groups = together([("a", change(40)), ("b", change(42, low=39, high=43)), ("c", change(60))])
    assert [[key for key, _ in group] for group in groups] == [["a", "b"], ["c"]]


def test_two_places_are_two_groups_however_near() -> None:
    """Given two series whose exact positions differ, they are two groups."""
    assert len(together([("a", change(40)), ("b", change(41))])) == 2


def test_one_series_is_in_a_group_once() -> None:
    """Given two changes of one series in overlapping ranges, they stay two."""
    assert len(together([("a", change(40, 38, 44)), ("a", change(43, 39, 45))])) == 2


def test_neighbours_do_not_chain() -> None:
    """Given a row of changes that each overlap only with the next, not all of them become one."""
    row = [(key, change(10 * key, 10 * key - 6, 10 * key + 6)) for key in range(1, 7)]
    assert len(together(row)) == 3


def test_the_union_of_dimensions_counts_close_ones_once() -> None:
    """Given the changes of two dimensions, those close together are one, where the surer of them lies."""
    assert union([[change(40, confidence=0.9), change(80)], [change(41, confidence=0.99)]]) == (41, 80)
    assert union([[], []]) == ()
