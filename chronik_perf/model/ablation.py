"""The words of an ablation: ways in which two versions differ, and how much of the change each explains."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model.cause import Answer, Share
from chronik_perf.model.comparison import Comparison
from chronik_perf.model.verdict import Effect


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two versions differ: a key of the configuration, `env.NAME`, or `code`, with both values."""

    key: str
    base: str
    candidate: str


@dataclass(frozen=True, slots=True)
class Arm:
    """The base with some of the differences put in, compared with the base itself, block by block.

    `keys` are those that have the candidate's value, in the order of the ablation's differences; all of them together
    are the candidate. Blocks of different arms with the same index were measured in one round, close in time.
    """

    keys: tuple[str, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Explained:
    """What one difference explains of the change of one workload.

    `restores`: what putting it back into the candidate undoes. `causes`: what putting it alone into the base does.
    `explains`: its Shapley value, the mean over all orders in which the differences could be put in (of the two above
    alone where there are more than three differences). They agree where the difference acts independently of others.
    """

    difference: Difference
    restores: Share
    causes: Share
    explains: Share
    answer: Answer


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one workload. `moved` tells whether there is a change to explain: one beyond the threshold.

    `explained` is empty where there is none. `left_over` is what the shares do not add up to; None where they add up by
    construction.
    """

    workload: str
    metric: str
    total: Effect | None
    moved: bool
    settled: bool  # whether more blocks would only narrow it
    rounds: int
    explained: tuple[Explained, ...]
    left_over: Share | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer. `arms` tells by folder, below the run's, which differences each arm has put in."""

    schema_version: int
    base: str
    candidate: str
    differences: tuple[Difference, ...]
    claim: str | None
    accounts: tuple[Account, ...]
    arms: dict[str, tuple[str, ...]]
    command: str
    elapsed_s: float
    complete: bool  # False where it failed or was interrupted, and what was measured is accounted for
