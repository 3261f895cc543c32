"""Load generation: drivers in processes of their own, closed and open loop, and what the log then holds.

A window begins and ends with nothing in flight; sent, acknowledged and stored are counted side by side.
"""

from chronik_perf.load.histogram import merge
from chronik_perf.load.nursery import nursery
from chronik_perf.load.own_topic import OwnTopic
from chronik_perf.load.process import LoadProcess
from chronik_perf.load.topics import create_topic, delete_topic, log_end_offsets, topic_exists

__all__ = [
    "LoadProcess",
    "OwnTopic",
    "create_topic",
    "delete_topic",
    "log_end_offsets",
    "merge",
    "nursery",
    "topic_exists",
]
