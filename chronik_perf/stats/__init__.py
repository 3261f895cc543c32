"""Pure functions from a comparison document to a verdict, and to what explains it.

The unit of every test is the block (a pair of fresh starts); slices only narrow a start's noise. Nothing here
measures, prints or reads a file; numpy, scipy and `model` are all it knows.
"""

from chronik_perf.stats.account import LossAccount, StageAccount, StageShare, loss_account, stage_account
from chronik_perf.stats.design import DesignPower, MetricPower, design_check
from chronik_perf.stats.family import Family
from chronik_perf.stats.judge import judge
from chronik_perf.stats.profile_diff import DiffNode, FrameChange, ProfileDifference, profile_difference
from chronik_perf.stats.series import SeriesAccount, Slope, series_account, slope
from chronik_perf.stats.steady import steady

__all__ = [
    "DesignPower",
    "DiffNode",
    "Family",
    "FrameChange",
    "LossAccount",
    "MetricPower",
    "ProfileDifference",
    "SeriesAccount",
    "Slope",
    "StageAccount",
    "StageShare",
    "design_check",
    "judge",
    "loss_account",
    "profile_difference",
    "series_account",
    "slope",
    "stage_account",
    "steady",
]
