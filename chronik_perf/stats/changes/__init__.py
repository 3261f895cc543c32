"""When the level of a series moved: change points, chosen by the shortest description of the series.

A series over commits or nights moves for many reasons: a step, a machine that drifts, a weekday pattern, noise that
remembers its last value, a single spike. Each is a model here, and they compete: a change is reported only where
telling it makes the whole series shorter to describe than any model without it (minimum description length, Rissanen
1978; for change points Davis, Lee and Rodriguez-Yam 2006).
"""

from chronik_perf.stats.changes.detect import Change, detect

__all__ = ["Change", "detect"]
