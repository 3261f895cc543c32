"""One load against one broker that runs already: what `perf bench` does."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chronik_perf.load.drivers import check_workload
from chronik_perf.load.own_topic import OwnTopic
from chronik_perf.load.process import LoadProcess
from chronik_perf.load.topics import messages_held, topic_exists
from chronik_perf.model import BadInput, LoadWindow, MeasurementFailed, Workload
from chronik_perf.secrecy import redact

WARM_UP_SHARE, WARM_UP_MOST_S = 0.1, 1.0
SATURATED = 0.9
_NO_BOUND = 1 << 62


@dataclass(frozen=True, slots=True)
class BenchResult:
    """One measured window. `client_config` is fit for showing: its secrets are replaced.

    `topic_note` says what became of the topic. `warm_up_s` was loaded before and counts for nothing.
    """

    workload: Workload
    bootstrap: str
    topic: str
    topic_note: str
    warm_up_s: float
    window: LoadWindow
    client_config: Mapping[str, str]

    @property
    def msgs_per_s(self) -> float:
        """What the log gained over the window, per second."""
        return self.window.stored / self.window.window_s if self.window.window_s > 0 else 0.0

    @property
    def generator_saturated(self) -> bool:
        """Tell whether throughput may be the generator's and not the broker's."""
        return self.window.generator_busy > SATURATED


def bench(
    workload: Workload,
    bootstrap: str,
    duration_s: float,
    topic: str | None = None,
    client_config: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> BenchResult:
    """Load a running broker for `duration_s` after a short warm-up, and count what its log gained.

    Without `topic` a new one is made under a name of its own. A topic that was made here is deleted at the
    end, whatever happens; one that was there before is used only if it is empty, with its own number of
    partitions, and is left. `say` is told what goes on, in a few words.

    Raises BadInput for a load that cannot be given or a topic that is not empty, and MeasurementFailed if the
    broker cannot be reached, dies or does not answer in bounded time.
    """
    if duration_s <= 0:
        raise BadInput(f"a duration of {duration_s:g} s measures nothing; give one above 0, such as 30s")
    check_workload(workload, client_config)
    warm_up_s = min(WARM_UP_MOST_S, WARM_UP_SHARE * duration_s)
    with _topic(bootstrap, topic, workload.partitions, client_config) as place:
        workload = dataclasses.replace(workload, partitions=place.partitions)
        say(f"connecting to {bootstrap}")
        load = LoadProcess.start(workload, bootstrap, place.name, None, client_config)
        try:
            say(f"warming up for {warm_up_s:g} s")
            load.run(warm_up_s, _NO_BOUND)
            say(f"measuring for {duration_s:g} s")
            window = load.run(duration_s, _NO_BOUND)
            load.stop()
        finally:
            load.kill()
    return BenchResult(
        workload, bootstrap, place.name, place.note, warm_up_s, window, redact(client_config or {})
    )


@dataclass(slots=True)
class _Place:
    name: str
    partitions: int
    note: str


@contextlib.contextmanager
def _topic(
    bootstrap: str, wanted: str | None, partitions: int, client_config: Mapping[str, str] | None
) -> Iterator[_Place]:
    if wanted is not None and topic_exists(bootstrap, wanted, client_config):
        held = messages_held(bootstrap, wanted, client_config)
        if any(held.values()):
            raise BadInput(
                f"topic '{wanted}' holds {sum(held.values())} messages; name one that is empty, or none, "
                "and a new one is made"
            )
        yield _Place(wanted, len(held), "was there before and empty; left with what was produced")
        return
    topic = OwnTopic(bootstrap, "perf-bench", partitions, client_config, wanted)
    place = _Place(topic.name, partitions, "made for this run, deleted after it")
    try:
        topic.make()
        yield place
    finally:
        place.note = topic.delete() or place.note


def require_stored(result: BenchResult) -> None:
    """Raise MeasurementFailed if the log gained nothing at all."""
    if result.window.stored == 0:
        why = f": {result.window.errors[0]}" if result.window.errors else ""
        raise MeasurementFailed(
            f"the broker at {result.bootstrap} stored none of {result.window.sent} messages{why}"
        )
