"""The design of a measurement: blocks of fresh starts, short slices in random order, the quiet rule, evidence.

Runs blocks and yields the growing comparison after each, so that whoever holds it loses at most one block.
"""

from chronik_perf.experiment.evidence.timing import longest_cpu_profile_s
from chronik_perf.experiment.lock import machine_lock
from chronik_perf.experiment.place import Place, choose_place
from chronik_perf.experiment.plan import default_design, default_workloads
from chronik_perf.experiment.progress import Progress
from chronik_perf.experiment.runner import new_comparison, run

__all__ = [
    "Place",
    "Progress",
    "choose_place",
    "default_design",
    "default_workloads",
    "longest_cpu_profile_s",
    "machine_lock",
    "new_comparison",
    "run",
]
