"""A search for the commit that changed a metric, in noise: a probability over commits, and where to measure next.

The search is that of probabilistic bisection (Horstein 1963; Waeber, Frazier and Henderson 2013): measure where the
probability divides in halves, because that lowers its expected entropy most (Jedynak, Frazier and Sznitman 2012).
Size of the change and noise are not known beforehand; they are integrated over, as `git bayesect` does with failure
rates of flaky tests.
"""

from chronik_perf.stats.bisection.answer import Answer, Range, Step, next_step, ranges
from chronik_perf.stats.bisection.posterior import Paired, Posterior, Question, posterior, smallest_change
from chronik_perf.stats.bisection.worth import seconds_each

__all__ = [
    "Answer",
    "Paired",
    "Posterior",
    "Question",
    "Range",
    "Step",
    "next_step",
    "posterior",
    "ranges",
    "seconds_each",
    "smallest_change",
]
