"""A broker's own metrics: one scrape of its Prometheus page, in the toolkit's names."""

from __future__ import annotations

import http.client
import math
import time
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlsplit, urlunsplit

from prometheus_client.parser import text_string_to_metric_families

from chronik_perf.model import OwnMetric
from chronik_perf.network import HOST, Network
from chronik_perf.sampling.metric_names import LOOP_LAG_BUCKETS, SOURCES, Source
from chronik_perf.sampling.own_metrics import names_with_units, none_of_own, read_own

_TIMEOUT_S = 2.0
_LAG_P99 = "loop_lag_p99_ms"
_KNOWN = frozenset(source.sample for source in SOURCES)
_NO_PAGE = "the broker serves no metrics"


class MetricsSampler:
    """Scrapes a page such as http://host:port/metrics; None is a broker without metrics: everything is unavailable.

    It connects in `network`, and again when the server has closed the connection.

    A scrape costs 1-2 ms: a line's labels are parsed (by prometheus_client) when it is first seen, later a
    line is one look-up. After a sample `unread` says why the page as a whole could not be read, else it is empty, and
    `own` holds the metrics that were asked for by their Prometheus names, as they stand, and those that say a unit, and
    `answered_s` is how long the page was waited for.
    """

    counters = frozenset(source.name for source in SOURCES if source.kind == "counter")

    def __init__(self, url: str | None, own: Sequence[str] = (), network: Network = HOST) -> None:
        self.own: dict[str, OwnMetric] = {}
        self._own_names = own
        self._with_units: tuple[str, ...] = ()
        self._lines = 0
        self.unavailable: dict[str, str] = {}
        self.unread = ""
        self.answered_s = 0.0
        self._url = url
        self._network = network
        parts = urlsplit(url or "")
        self._page = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        self._connection = (
            http.client.HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT_S)
            if parts.hostname
            else None
        )
        self._known: dict[str, Source | float | None] = {}
        self._buckets: dict[float, float] = {}

    def sample(self) -> dict[str, float]:
        """Give the values by the toolkit's names, and `loop_lag_p99_ms` since the sample before this one."""
        if self._connection is None:
            return self._nothing(_NO_PAGE)
        try:
            with self._network.entered():
                begun_s = time.perf_counter()
                text = self._fetch(self._connection)
                self.answered_s = time.perf_counter() - begun_s
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return self._nothing(f"{self._url} could not be read: {error}")
        try:
            values, buckets = self._understand(text)
            self._look_for_units(text)
            self.own = read_own(text, dict.fromkeys((*self._own_names, *self._with_units)))
        except (ValueError, LookupError):
            return self._nothing(f"{self._url} is not Prometheus text")
        self.unread = ""
        self.unavailable = {
            source.name: f"the broker's metrics do not have {source.sample}"
            for source in SOURCES
            if source.name not in values
        }
        p99_s = quantile(0.99, self._buckets, buckets)
        if p99_s is None:
            self.unavailable[_LAG_P99] = "no event-loop lag was recorded since the sample before"
        else:
            values[_LAG_P99] = p99_s * 1e3
        self._buckets = buckets
        return values

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _fetch(self, connection: http.client.HTTPConnection) -> str:
        try:
            connection.request("GET", self._page)
            response = connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):
            # A server may close an idle connection whenever it likes; a second failure is a real one.
            connection.close()
            connection.request("GET", self._page)
            response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise http.client.HTTPException(f"it answers {response.status} {response.reason}")
        return body.decode(errors="replace")

    def _understand(self, text: str) -> tuple[dict[str, float], dict[float, float]]:
        """Give values by the toolkit's names, and the event loop lag's buckets (upper bound, count)."""
        values: dict[str, float] = {}
        buckets: dict[float, float] = {}
        for line in text.splitlines():
            if line.startswith("#") or not line:
                continue
            end = line.rfind("}") + 1 or line.index(" ")
            key = line[:end]
            meaning = self._known[key] if key in self._known else self._learn(key)
            if meaning is None:
                continue
            value = float(line[end:].split()[0])
            if isinstance(meaning, Source):
                values[meaning.name] = values.get(meaning.name, 0.0) + value * meaning.scale
            else:
                buckets[meaning] = buckets.get(meaning, 0.0) + value
        return values, buckets

    def _look_for_units(self, text: str) -> None:
        """Find the metrics whose names say a unit: again where a page has grown, and not at each scrape."""
        if (lines := text.count("\n")) != self._lines:
            self._lines, self._with_units = lines, names_with_units(text, _KNOWN)

    def _learn(self, key: str) -> Source | float | None:
        """Find out what a sample means: one of the table's, a bucket's upper bound, or nothing wanted."""
        meaning: Source | float | None = None
        families = list(text_string_to_metric_families(f"{key} 0\n"))
        sample = families[0].samples[0]
        if sample.name == LOOP_LAG_BUCKETS:
            meaning = float(sample.labels.get("le", "nan"))
        else:
            for source in SOURCES:
                if source.sample == sample.name and set(source.labels) <= set(sample.labels.items()):
                    meaning = source
        self._known[key] = meaning
        return meaning

    def _nothing(self, why: str) -> dict[str, float]:
        self.unread = why
        self.own = none_of_own(self._own_names, why)
        self.unavailable = dict.fromkeys([*(source.name for source in SOURCES), _LAG_P99], why)
        return {}


def quantile(q: float, before: dict[float, float], after: dict[float, float]) -> float | None:
    """Estimate a quantile of what a cumulative histogram gained between two samples, in its unit.

    Linear within a bucket, as PromQL's histogram_quantile; the last finite bound where it lies above all.
    None if nothing was gained.
    """
    gained = [(bound, after[bound] - before.get(bound, 0.0)) for bound in sorted(after)]
    if not gained or gained[-1][1] <= 0:
        return None
    rank = q * gained[-1][1]
    for (low, count_low), (high, count_high) in pairwise([(0.0, 0.0), *gained]):
        if count_high >= rank and count_high > count_low:
            return (
                low
                if math.isinf(high)
                else low + (high - low) * (rank - count_low) / (count_high - count_low)
            )
    return None
