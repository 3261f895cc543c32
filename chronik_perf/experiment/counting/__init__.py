"""Counts instructions instead of seconds: a broker under cachegrind, which no other program on the machine disturbs."""

from chronik_perf.experiment.counting.count import BURST, CountingPlan, count
from chronik_perf.experiment.counting.valgrind import Valgrind

__all__ = ["BURST", "CountingPlan", "Valgrind", "count"]
