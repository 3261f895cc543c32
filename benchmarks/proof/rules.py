"""How other tools decide that a candidate is slower: their own packages where they install, else the published rule.

Each rule is given the values of a base and of a candidate, higher is better, one array a side, and gives the direction
that it would report: -1 slower, 1 faster, 0 no change.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from pyperf._utils import is_significant as student_of_pyperf
from scipy.stats import ks_2samp, mannwhitneyu

from benchmarks.proof.dataset import Floats

# Packages that would change the project's own versions of NumPy go here; see the README.
APART = Path(__file__).with_name(".rivals")
RESAMPLES = 2_000  # Criterion takes 100,000, which moves a p-value near 0.05 by a thousandth or so

Decide = Callable[[Floats, Floats], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One tool's rule; `decide` is None where its package is not installed, and `source` says what decides."""

    name: str
    source: str
    decide: Decide | None


def _direction(base: Floats, candidate: Floats, changed: bool) -> int:
    return int(np.sign(np.mean(candidate) - np.mean(base))) if changed else 0


def pyperf(base: Floats, candidate: Floats) -> int:
    """Student's t at 95 % over all values, as `pyperf compare_to` decides."""
    return _direction(base, candidate, bool(student_of_pyperf(list(base), list(candidate))[0]))


def benchstat(base: Floats, candidate: Floats) -> int:
    """Mann-Whitney at p < 0.05, exact up to 50 values, as golang.org/x/perf/cmd/benchstat decides."""
    method = "exact" if max(base.size, candidate.size) <= 50 else "asymptotic"
    return _direction(base, candidate, bool(mannwhitneyu(base, candidate, method=method).pvalue < 0.05))


def criterion(base: Floats, candidate: Floats) -> int:
    """Bootstrapped t at p < 0.05, and an interval of the mean's change beyond 1 %, as Criterion.rs decides.

    bheisler/criterion.rs, src/analysis/compare.rs: both samples are resampled from the pool for the distribution of t,
    and each from itself for the change of the mean (95 %); noise_threshold 0.01. Values are turned into times.
    """
    rng = np.random.default_rng(20_260_601)
    a, b = 1 / base, 1 / candidate
    pool = np.concatenate((a, b))
    drawn = pool[rng.integers(0, pool.size, (RESAMPLES, pool.size))]
    distribution = _welch(drawn[:, : a.size], drawn[:, a.size :])
    t = float(_welch(a[None], b[None])[0])
    below = np.count_nonzero(distribution < t)
    p = 2 * min(below, RESAMPLES - below) / RESAMPLES
    if p >= 0.05:
        return 0
    of_a = a[rng.integers(0, a.size, (RESAMPLES, a.size))].mean(axis=1)
    of_b = b[rng.integers(0, b.size, (RESAMPLES, b.size))].mean(axis=1)
    low, high = np.quantile(of_b / of_a - 1, (0.025, 0.975))
    return -1 if low > 0.01 else 1 if high < -0.01 else 0


def _welch(a: Floats, b: Floats) -> Floats:
    variance = a.var(axis=1, ddof=1) / a.shape[1] + b.var(axis=1, ddof=1) / b.shape[1]
    return np.asarray((a.mean(axis=1) - b.mean(axis=1)) / np.sqrt(np.maximum(variance, 1e-300)))


def smaller_of_two(base: Floats, candidate: Floats) -> int:
    """The smaller p of Kolmogorov-Smirnov and Mann-Whitney at 0.01, as Chromium's Pinpoint takes it."""
    p = min(
        ks_2samp(base, candidate, method="asymp").pvalue,
        mannwhitneyu(base, candidate, method="asymptotic").pvalue,
    )
    return _direction(base, candidate, bool(p < 0.01))


def five_percent(base: Floats, candidate: Floats) -> int:
    """Means that differ by more than 5 %."""
    return _direction(base, candidate, bool(abs(np.mean(candidate) / np.mean(base) - 1) > 0.05))


def _asv(stats: ModuleType | None) -> Decide:
    """`asv compare`: medians that differ by a factor of 1.1, if Mann-Whitney says p < 0.002 (asv/_stats.py)."""

    def decide(base: Floats, candidate: Floats) -> int:
        before, after = float(np.median(1 / base)), float(np.median(1 / candidate))
        slower, faster = before < after / 1.1, after < before / 1.1
        if not (slower or faster):
            return 0
        if stats is not None:
            differs = bool(stats.is_different(list(base), list(candidate), None, None))
        else:
            method = "exact" if max(base.size, candidate.size) <= 20 else "asymptotic"
            differs = bool(mannwhitneyu(base, candidate, method=method).pvalue < 0.002)
        return 0 if not differs else -1 if slower else 1

    return decide


def _otava(analysis: ModuleType) -> Decide:
    """Any change point in the series of the base followed by the candidate, at Otava's defaults: 50, 0.001, 0."""

    def decide(base: Floats, candidate: Floats) -> int:
        points, _ = analysis.compute_change_points(list(np.concatenate((base, candidate))), 50, 0.001, 0.0)
        return _direction(base, candidate, len(points) > 0)

    return decide


def rules() -> tuple[Rule, ...]:
    """Give all rules; what is not installed has none."""
    asv, otava = _stats_of_asv(), _installed("otava.analysis")
    return (
        Rule("pyperf, Student's t at 95 %", "its package", pyperf),
        Rule("benchstat, Mann-Whitney at 0.05", "its published rule", benchstat),
        Rule("Criterion, bootstrapped t at 0.05 and 1 %", "its published rule", criterion),
        Rule(
            "asv, Mann-Whitney at 0.002 and a factor of 1.1",
            "its package" if asv else "its published rule",
            _asv(asv),
        ),
        Rule(
            "Otava, e-divisive with t at 0.001",
            "its package" if otava else "not installed",
            _otava(otava) if otava else None,
        ),
        Rule("smaller p of KS and Mann-Whitney at 0.01", "its published rule", smaller_of_two),
        Rule("means 5 % apart", "its published rule", five_percent),
    )


def _stats_of_asv() -> ModuleType | None:
    """Load the one file of asv that decides, without the rest, which needs much that is not wanted here."""
    _look_apart()
    found = importlib.util.find_spec("asv")
    if found is None or found.origin is None:
        return None
    spec = importlib.util.spec_from_file_location("asv_stats", Path(found.origin).with_name("_stats.py"))
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _installed(name: str) -> ModuleType | None:
    _look_apart()
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _look_apart() -> None:
    if APART.is_dir() and str(APART) not in sys.path:
        sys.path.append(str(APART))  # behind all that is the project's own


def statistic(base: Floats, candidate: Floats) -> dict[str, float]:
    """Give what each family of rules is built on, the larger the worse for the candidate, so that levels can be set."""
    n, m = base.size, candidate.size
    pooled = math.sqrt(max((base.var() * n + candidate.var() * m) / (n + m - 2) * (1 / n + 1 / m), 1e-300))
    u = float(mannwhitneyu(base, candidate, method="asymptotic").statistic) / (n * m)
    return {
        "Student's t": float(base.mean() - candidate.mean()) / pooled,
        "Mann-Whitney": u,
        "difference of means": 1 - float(candidate.mean() / base.mean()),
    }
