"""Numbers as a person says them: three figures, thousands as K and M, percent to the place that counts."""

from __future__ import annotations

import math

from chronik_perf.model import Effect, Metric, Share

WIDE = 10.0  # a bound from here on is said as a ratio too
BOUNDLESS = 1e4  # and one from here on says only that two blocks are not enough
OPEN_RATIO = 1e8  # an interval from a 1e8th to 1e8-fold excludes nothing
FOLD = 2.5  # from this ratio on, "19.5-fold" says more than "+1,850 %"
NEXT_TO_NOTHING = 1e-4  # of any unit here; it takes an exponent to be told


def number(value: float) -> str:
    """Give a number in three significant figures: 206K, 10.9K, 1.5M, 9,056, 11.7, 0.6; below `NEXT_TO_NOTHING` 0."""
    if not math.isfinite(value):
        return "unbounded"
    sign, size = ("−" if value < 0 else ""), abs(value)
    if size < NEXT_TO_NOTHING:
        return "0"
    for factor, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if float(f"{size:.3g}") >= max(factor, 1e4):
            return f"{sign}{_plain(size / factor)}{suffix}"
    if size >= 999.5:
        return f"{sign}{size:,.0f}"
    return f"{sign}{_plain(size)}"


def _plain(size: float) -> str:
    figures = f"{size:.3g}"
    return f"{float(figures):.0f}" if "e+" in figures else figures


def quantity(value: float, unit: str) -> str:
    """Give a number with its unit; bytes become KB, MB and GB."""
    if unit == "B":
        factor, unit = bytes_unit(value)
        value /= factor
    return f"{number(value)} {unit}".rstrip()


def bytes_unit(size: float) -> tuple[float, str]:
    """Give the unit in which so many bytes are said, and how many bytes it is."""
    units = ((1e9, "GB"), (1e6, "MB"), (1e3, "KB"))
    return next(((factor, unit) for factor, unit in units if abs(size) >= factor), (1.0, "B"))


def microseconds(value: float, *beside: float) -> str:
    """Give a duration in µs, from 10,000 on in ms; what stands beside it, as its interval does, has the same unit."""
    in_ms = max(abs(x) for x in (value, *beside)) >= 1e4
    return f"{number(value / 1e3)} ms" if in_ms else f"{number(value)} µs"


def seconds(value: float) -> str:
    """Give a duration in the unit in which it has few zeros: 13.8 µs, 4.2 ms, 3.1 s."""
    if value == 0 or abs(value) >= 1:
        return quantity(value, "s")
    return quantity(value * 1e3, "ms") if abs(value) >= 1e-3 else quantity(value * 1e6, "µs")


def percent(fraction: float, places: int = 1, signed: bool = False) -> str:
    """Give 0.947 as "94.7 %"; `signed` writes + and − in front of what is not zero."""
    return f"{_percent_figure(fraction, places, signed)} %"


def rate(chance: float) -> str:
    """Give a small chance in two figures, so that it never reads 0: 0.005 as "0.5 %"."""
    return f"{chance * 100:.2g} %"


def _percent_figure(fraction: float, places: int, signed: bool) -> str:
    figure = f"{abs(fraction) * 100:,.{places}f}"
    is_zero = float(figure.replace(",", "")) == 0
    sign = "" if is_zero else "−" if fraction < 0 else "+" if signed else ""
    return f"{sign}{figure}"


def _places(low: float, high: float) -> int:
    """Show no digit that the interval does not support."""
    half = (high - low) / 2
    return 0 if half >= 0.1 else 1 if half >= 0.0005 else 2


def signed_change(effect: Effect, unit: str) -> str:
    """Give an effect and its interval without judging it: "−13 % (−36 to +9 %)"."""
    if is_open(effect):
        alone = f"{_signed(effect.estimate)} {unit}".rstrip() if effect.scale == "difference" else ""
        return f"{alone or percent(effect.estimate, signed=True)} (too few blocks for an interval)"
    if effect.scale == "difference":
        low, mid, high = (_signed(x) for x in (effect.low, effect.estimate, effect.high))
        of = f" {unit}" if unit else ""
        return f"{mid}{of} ({low} to {high}{of})"
    return ratio_change(effect.estimate, effect.low, effect.high)


def ratio_change(estimate: float, low: float, high: float) -> str:
    """Give a relative change and its interval, from some size on as a factor: "3.5-fold (1.3 to 6.2)"."""
    if 1 + estimate >= FOLD:
        return f"{number(1 + estimate)}-fold ({number(1 + low)} to {_fold(1 + high)})"
    places = _places(low, high)
    from_, to = (_percent_figure(x, places, True) for x in (low, high))
    shown = f"{from_} to {to} %" if 1 + high < WIDE else f"{from_} % to {_fold(1 + high)}-fold"
    return f"{percent(estimate, places, signed=True)} ({shown})"


def factor(ratio: float) -> str:
    """Give a ratio as a change, from some size on as a factor: "3.5-fold", "−32 %"."""
    return f"{number(ratio)}-fold" if ratio >= FOLD else percent(ratio - 1, signed=True)


def is_open(effect: Effect) -> bool:
    """Tell whether an interval excludes nothing yet, because too few blocks have been seen."""
    if effect.scale == "difference":
        return math.isinf(effect.low) and math.isinf(effect.high)
    return effect.low < -1 + 1 / OPEN_RATIO and 1 + effect.high > OPEN_RATIO


def _fold(ratio: float) -> str:
    return number(ratio) if ratio < BOUNDLESS else f"over {number(BOUNDLESS)}"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value >= NEXT_TO_NOTHING else number(value)


def moved(effect: Effect, unit: str) -> str:
    """Say an effect whose interval lies on one side of no change: "fell by 94.7 % (94.5 to 94.9 %)"."""
    verb = "rose" if effect.estimate > 0 else "fell"
    if effect.scale == "ratio" and 1 + effect.estimate >= FOLD:
        return f"{verb} {signed_change(effect, unit)}"
    low, high = sorted((abs(effect.low), abs(effect.high)))
    if effect.scale == "difference":
        return f"{verb} by {number(abs(effect.estimate))} {unit} ({number(low)} to {number(high)} {unit})"
    places = _places(effect.low, effect.high)
    shown = (_percent_figure(x, places, False) for x in (low, high))
    return f"{verb} by {percent(abs(effect.estimate), places)} ({' to '.join(shown)} %)"


def share(one: Share) -> str:
    """Give a share of a change with its interval: "97 % (95 to 99 %)"."""
    low, high = (_percent_figure(x, 0, False) for x in (one.low, one.high))
    return f"{percent(one.estimate, 0)} ({low} to {high} %)"


def from_to(effect: Effect, unit: str) -> str:
    """Say the typical value of both sides: "from 206K to 10.9K msg/s"."""
    return (
        f"from {number(effect.base)} to {quantity(effect.candidate, unit)}"
        if unit != "B"
        else (f"from {quantity(effect.base, unit)} to {quantity(effect.candidate, unit)}")
    )


def threshold_words(metric: Metric, threshold: float) -> str:
    """Say a threshold in its own scale: "5 %" or "64 B"."""
    if metric.scale == "ratio":
        return f"{threshold * 100:.3g} %"
    return quantity(threshold, metric.unit)


def count(n: int, noun: str, plural: str = "") -> str:
    """Give "1 block", "2 blocks"."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def capital(sentence: str) -> str:
    """Begin a sentence as sentences begin, and leave the rest alone; p99 stays p99, and kafka://HOST can be typed."""
    is_name = sentence[1:2].isdigit() or "://" in sentence.partition(" ")[0]
    return sentence if is_name else sentence[:1].upper() + sentence[1:]


def inside(sentence: str) -> str:
    """Begin a sentence as the rest of another does; CPU stays CPU, and the full stop goes."""
    lowered = sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
    return lowered.rstrip(".")
