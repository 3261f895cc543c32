"""Pure functions from a comparison document to a verdict, and to what explains it.

`betting` is the test that all words rest on, `planning` what a design can tell, `verdict` the rows with their words;
`counted`, `modes`, `drift`, `own` and `probes` are what is looked for beside means, `accounts`, `profile_diff` and
`causes` say why, `bisection` and `changes` with `history` look over many versions.

The unit of every test is the block (a pair of fresh starts); slices only narrow a start's noise. Nothing here
measures, prints or reads a file; numpy, scipy and `model` are all it knows. What scipy has is named in full, as
scipy.special.gammaln: it imports a part of itself when that is first used, which takes a second or two.
"""

from chronik_perf.stats.accounts.left_over import ClientTime
from chronik_perf.stats.accounts.stages import (
    LossAccount,
    StageAccount,
    StageShare,
    loss_account,
    stage_account,
)
from chronik_perf.stats.causes.discovered import discovered
from chronik_perf.stats.drift.series import SeriesAccount, Slope, series_account, shown_as, slope, watched
from chronik_perf.stats.drift.steady import steady
from chronik_perf.stats.gather import slice_log_ratios
from chronik_perf.stats.planning.design import DesignPower, MetricPower, design_check, least_blocks
from chronik_perf.stats.planning.family import Family, margin_of
from chronik_perf.stats.planning.nested import PILOT_BLOCKS, Nested, best_pairs, nested, undivided
from chronik_perf.stats.planning.stopping import Standing, standing
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
from chronik_perf.stats.verdict.judge import judge

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
    "shown_as",
    "slice_log_ratios",
    "slope",
    "stage_account",
    "standing",
    "steady",
    "undivided",
    "waiting",
    "watched",
]
