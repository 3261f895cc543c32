"""Metrics that a perf.toml names: read from a page under their own names, counters and gauges told apart."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from chronik_perf.model import OwnMetric, Unavailable
from chronik_perf.sampling.metrics import MetricsSampler
from chronik_perf.sampling.own_metrics import names_with_units, over_slice, read_own
from tests.sampling.test_metrics import Page, page

__all__ = ["page"]

REGISTRY = CollectorRegistry()
FLUSHES = Counter("log_flushes", "flushes", ["disk"], registry=REGISTRY)
QUEUE = Gauge("log_queue_length", "queue", ["partition"], registry=REGISTRY)
PAUSE = Histogram("gc_pause_seconds", "pauses", registry=REGISTRY)
NAMES = ("log_flushes_total", "log_queue_length", "gc_pause_seconds_sum", "gc_pause_seconds_count")


def read(*names: str) -> dict[str, OwnMetric]:
    return read_own(generate_latest(REGISTRY).decode(), names)


def test_counters_give_what_they_gained_and_gauges_where_they_stand() -> None:
    """Given a page as a client library writes it, series of one name are summed, each by its kind."""
    for label in ("a", "b c}d"):
        FLUSHES.labels(label).inc(5)
        QUEUE.labels(label).set(7)
    before = read(*NAMES)
    FLUSHES.labels("a").inc(3)
    FLUSHES.labels("b c}d").inc(1)
    QUEUE.labels("a").set(2)
    PAUSE.observe(0.25)
    PAUSE.observe(0.5)
    assert over_slice(before, read(*NAMES)) == {
        "log_flushes_total": OwnMetric("counter", 4.0),
        "log_queue_length": OwnMetric("gauge", 9.0),
        "gc_pause_seconds_sum": OwnMetric("counter", 0.75),
        "gc_pause_seconds_count": OwnMetric("counter", 2.0),
    }


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("# TYPE flushes counter\nflushes 3\n", "flushes", "counter"),
        ("# TYPE flushes counter\nflushes_total 3\n", "flushes_total", "counter"),
        ("# TYPE open_count gauge\nopen_count 3\n", "open_count", "gauge"),
        ("# TYPE odd untyped\nodd 3\n", "odd", "gauge"),
        ("odd_total 3\n", "odd_total", "counter"),
        ('# TYPE wait summary\nwait{quantile="0.9"} 3\n', "wait", "gauge"),
        ("depth 3 1700000000000\n", "depth", "gauge"),
    ],
)
def test_the_pages_own_word_for_a_kind_goes_before_the_name(text: str, name: str, kind: str) -> None:
    """Given types in either text format, or none, a metric is a counter or a gauge."""
    assert read_own(text, (name,)) == {name: OwnMetric(kind, 3.0)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("x_total 5\n", "x_total 3\n", "x_total went back"),
        ("x_total 5\n", "x_total NaN\n", "x_total is no finite number"),
        ("x_total 5\n", "y_total 3\n", "the broker's metrics do not have x_total"),
        ("y_total 5\n", "x_total 3\n", "before the slice the broker's metrics do not have x_total"),
    ],
)
def test_what_is_not_there_is_unavailable_and_never_0(before: str, after: str, why: str) -> None:
    """Given a metric that is missing, not a number, or a counter that falls, the reason is given and no value."""
    found = over_slice(read_own(before, ("x_total",)), read_own(after, ("x_total",)))
    assert isinstance(found["x_total"].value, Unavailable)
    assert found["x_total"].value.reason.startswith(why)


def test_a_sampler_reads_them_from_a_real_page(page: Page) -> None:
    """Given a process that serves a page, what was asked for is read beside the toolkit's own; once it is gone, why."""
    sampler = MetricsSampler(
        f"http://127.0.0.1:{page.port}/metrics", ("chronik_asyncio_tasks_alive", "nothing")
    )
    page.say("tasks 40")
    assert sampler.sample()["tasks_created"] == 40
    assert sampler.own["chronik_asyncio_tasks_alive"] == OwnMetric("gauge", 20.0)
    assert isinstance(sampler.own["nothing"].value, Unavailable)
    page.end()
    sampler.sample()
    gone = sampler.own["chronik_asyncio_tasks_alive"].value
    assert isinstance(gone, Unavailable) and "could not be read" in gone.reason
    sampler.close()


def test_counters_that_say_a_unit_are_looked_at_without_being_named() -> None:
    """Given a page, its counters and histograms with a unit in their names are found, and what is known is left out."""
    kinds = {"log_flush_seconds": "histogram", "sent_bytes_total": "counter", "heap_bytes": "gauge"}
    types = "".join(f"# TYPE {name} {kind}\n" for name, kind in kinds.items())
    samples = (
        "log_flush_seconds_sum",
        "log_flush_seconds_count",
        "sent_bytes_total",
        "heap_bytes",
        "seen_total",
    )
    text = types + "".join(f"{name} 1\n" for name in samples)
    found = ("log_flush_seconds_sum", "sent_bytes_total", "log_flush_seconds_count")
    assert names_with_units(text, ()) == found
    assert names_with_units(text, {"log_flush_seconds_sum"}) == ("sent_bytes_total",)


def test_a_page_of_many_units_is_read_in_part() -> None:
    """Given a page with hundreds of counters that say a unit, twenty are kept, and a run stays small."""
    text = "".join(f"part_{n}_seconds_total 1\n" for n in range(300))
    assert len(names_with_units(text, ())) == 20


def test_a_counter_that_appears_during_a_slice_has_gained_nothing_known() -> None:
    """Given a counter that its client shows only once it has counted, what it gained in that slice is unavailable."""
    gained = over_slice({}, {"a_seconds_total": OwnMetric("counter", 3.0)})
    assert isinstance(gained["a_seconds_total"].value, Unavailable)
