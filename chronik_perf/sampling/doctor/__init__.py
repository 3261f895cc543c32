"""Looks at a machine before anything is measured on it: one file for each thing that can spoil a number.

Every check gives a `Check`: ok, a warning, or unavailable with the reason, and never a number that was not read.
`examine` runs them all in a few seconds.
"""

from chronik_perf.sampling.doctor.check import Advice, Check, Gain, State
from chronik_perf.sampling.doctor.examine import examine

__all__ = ["Advice", "Check", "Gain", "State", "examine"]
