"""What a broker at rest answers to requests of other kinds than a load of nothing but produce has.

Such a load cannot see replies that overtake each other, a connection that waits for another's long poll, a consumer
that is woken late or reads slowly, or what a new connection, a new topic, its deletion, a refusal, a pause or a large
request costs. Some hundred requests on idle connections can, in some seconds. One kind of question a module.
"""

from chronik_perf.load.asking.ask import Asked, Watch, ask, ask_for_work
from chronik_perf.load.asking.deleting import delete_topics
from chronik_perf.load.asking.filled import fill, filled_bytes
from chronik_perf.load.asking.holding import (
    COME_AND_GO,
    MOST_COMING,
    come_and_go,
    consume,
    keep_coming,
    waiting_consumer,
)
from chronik_perf.load.asking.log import ALL_REPLICAS, AskedLog, why
from chronik_perf.load.asking.order import ORDER_ROUNDS
from chronik_perf.load.asking.waiting import SLOW_WAIT_MS

__all__ = [
    "ALL_REPLICAS",
    "COME_AND_GO",
    "MOST_COMING",
    "ORDER_ROUNDS",
    "SLOW_WAIT_MS",
    "Asked",
    "AskedLog",
    "Watch",
    "ask",
    "ask_for_work",
    "come_and_go",
    "consume",
    "delete_topics",
    "fill",
    "filled_bytes",
    "keep_coming",
    "waiting_consumer",
    "why",
]
