"""The difference of two sides' profiles, each replicated over starts: what grew, what shrank, what only moved.

`starts` scales samples to what they stand for, `tree` merges all starts into one tree, `significance` tells change
from what starts of one program differ by, `moves` tells cost that moved from cost that grew, `difference` puts
them together, `entry` finds the calls under which a growth lies, and `only`
what the base was never seen in. `waiting` holds against each other where the
threads of both sides wait.
"""

from chronik_perf.stats.profile_diff.difference import (
    by_callers,
    difference_of,
    profile_difference,
    profiles_of,
)
from chronik_perf.stats.profile_diff.entry import Grown, grown, shrunk
from chronik_perf.stats.profile_diff.figures import DiffNode, FrameChange, ProfileDifference, parted
from chronik_perf.stats.profile_diff.only import Blocked, blocking, new_threads, only_there
from chronik_perf.stats.profile_diff.waiting import WaitChange, Waiting, waiting

__all__ = [
    "Blocked",
    "DiffNode",
    "FrameChange",
    "Grown",
    "ProfileDifference",
    "WaitChange",
    "Waiting",
    "blocking",
    "by_callers",
    "difference_of",
    "grown",
    "new_threads",
    "only_there",
    "parted",
    "profile_difference",
    "profiles_of",
    "shrunk",
    "waiting",
]
