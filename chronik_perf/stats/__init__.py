"""Pure functions from a comparison document to a verdict, and to what explains it.

The unit of every test is the block (a pair of fresh starts); slices only narrow a start's noise. Nothing here
measures, prints or reads a file; numpy, scipy and `model` are all it knows. What scipy has is named in full, as
scipy.special.gammaln: it imports a part of itself when that is first used, which takes a second or two.
"""

from chronik_perf.stats.account import LossAccount, StageAccount, StageShare, loss_account, stage_account
from chronik_perf.stats.design import DesignPower, MetricPower, design_check, least_blocks
from chronik_perf.stats.discovered import discovered
from chronik_perf.stats.family import Family, margin_of
from chronik_perf.stats.gather import slice_log_ratios
from chronik_perf.stats.judge import judge
from chronik_perf.stats.left_over import ClientTime
from chronik_perf.stats.nested import PILOT_BLOCKS, Nested, best_pairs, nested, undivided
from chronik_perf.stats.profile_diff import (
    DiffNode,
    FrameChange,
    ProfileDifference,
    WaitChange,
    Waiting,
    difference_of,
    profile_difference,
    waiting,
)
from chronik_perf.stats.series import SeriesAccount, Slope, series_account, slope
from chronik_perf.stats.steady import steady
from chronik_perf.stats.stopping import Standing, standing

__all__ = [
    "PILOT_BLOCKS",
    "ClientTime",
    "DesignPower",
    "DiffNode",
    "Family",
    "FrameChange",
    "LossAccount",
    "MetricPower",
    "Nested",
    "ProfileDifference",
    "SeriesAccount",
    "Slope",
    "StageAccount",
    "StageShare",
    "Standing",
    "WaitChange",
    "Waiting",
    "best_pairs",
    "design_check",
    "difference_of",
    "discovered",
    "judge",
    "least_blocks",
    "loss_account",
    "margin_of",
    "nested",
    "profile_difference",
    "series_account",
    "slice_log_ratios",
    "slope",
    "stage_account",
    "standing",
    "steady",
    "undivided",
    "waiting",
]
