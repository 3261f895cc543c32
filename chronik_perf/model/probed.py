"""What is asked of a start beside its load, and the words for it: one row for each thing that is probed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ProbeName: TypeAlias = Literal[
    "misordered",
    "altered",
    "connection",
    "metadata",
    "topic_creation",
    "first_message",
    "read_back",
    "seek",
    "offsets",
    "time_lookup",
    "large_batch",
    "compressed_batch",
    "many_partitions",
    "idempotent",
    "written",
    "waiting_cpu",
    "beside_slow",
    "produce_beside",
    "beside_reader",
    "delivery",
    "fan_out",
    "stop_time",
    "restart_time",
    "restart_memory",
    "restart_lost",
]


Phase: TypeAlias = Literal["asked", "restarted", "stopped"]
ASKED: Phase = "asked"
RESTARTED: Phase = "restarted"
STOPPED: Phase = "stopped"


@dataclass(frozen=True, slots=True)
class Probed:
    """One thing that is probed, `title` in words. A `count` should be 0; of others a start gives a value in `unit`.

    `said` says how two versions differ, with places for `who` has more of it, for that `value`, and for what the
    `other` has, which is `less` and of a count none; `failed`, where a version may fail at it, says that it did. What
    is below `least` is next to nothing, and so is a difference of less than that. `work` is the phase whose profile
    holds what a broker does for it; None where it only waits, or is not profiled.
    """

    name: ProbeName
    title: str
    unit: str
    said: str
    count: bool = False
    least: float = 0.0
    work: Phase | None = None
    failed: str = ""


PROBED: tuple[Probed, ...] = (
    Probed(
        "misordered",
        "replies out of the order of their requests",
        "replies",
        "{who} answers a client's requests out of their order: {value}; {other} never does",
        count=True,
    ),
    Probed(
        "altered",
        "messages that come back otherwise than they were sent, or not at all",
        "messages",
        "{who} gave {value} back otherwise than they were sent, or not at all; {other} gave all back",
        count=True,
    ),
    Probed(
        "restart_lost",
        "messages missing after a restart",
        "msg",
        "Started again on its own data, {who} lacks {value} that it had stored; {other} lacks none",
        count=True,
    ),
    Probed(
        "connection",
        "a new connection's first answer",
        "ms",
        "A new connection to {who} has its first answer after {value}, and one to {other} after {less}",
        work=ASKED,
    ),
    Probed(
        "metadata",
        "telling all topics",
        "ms",
        "All topics are told after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "topic_creation",
        "a new topic, until it can be written to",
        "ms",
        "A new topic of {who} can be written to after {value}, and one of {other} after {less}",
        work=ASKED,
    ),
    Probed(
        "first_message",
        "the first message of a new topic, until it is acknowledged",
        "ms",
        "The first message of a new topic is acknowledged after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "read_back",
        "reading back what is stored",
        "ms per MB",
        "Reading back what is stored takes {value} from {who}, and {less} from {other}",
        work=ASKED,
    ),
    Probed(
        "seek",
        "a fetch amid what is stored",
        "ms",
        "A fetch of one batch amid what is stored is answered after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "offsets",
        "telling where a log ends",
        "ms",
        "Where a log ends is told after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "time_lookup",
        "finding an offset by its time",
        "ms",
        "An offset is found by its time after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "large_batch",
        "a batch of 900 KB, until it is acknowledged",
        "ms",
        "A batch of 900 KB is acknowledged after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "compressed_batch",
        "a batch of 900 KB that gzip has halved, until it is acknowledged",
        "ms",
        "A compressed batch of 900 KB is acknowledged after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "many_partitions",
        "a message to one of 64 partitions, until it is acknowledged",
        "ms",
        "A message to one of 64 partitions is acknowledged after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "idempotent",
        "a new idempotent producer, until its first message is acknowledged",
        "ms",
        "A new idempotent producer's first message is acknowledged after {value} by {who}, and after {less} by {other}",
        work=ASKED,
    ),
    Probed(
        "written",
        "bytes to disk for a byte of messages",
        "B",
        "For a byte of messages {who} writes {value} to disk, and {other} {less}",
    ),
    Probed(
        "waiting_cpu",
        "CPU while twenty fetches wait and nothing comes",
        "ms per s",
        "While twenty fetches wait and nothing comes, {who} uses {value} of CPU, and {other} {less}",
        least=10.0,
        work=ASKED,
    ),
    Probed(
        "beside_slow",
        "a quick request beside another client's waiting fetch",
        "ms",
        "While another client's fetch waits, {who} answers a quick request after {value}, and {other} after {less}",
    ),
    Probed(
        "produce_beside",
        "a message beside another client's waiting fetch, until it is acknowledged",
        "ms",
        "While another client's fetch waits, {who} acknowledges a message after {value}, and {other} after {less}",
    ),
    Probed(
        "beside_reader",
        "a message beside another client that reads back, until it is acknowledged",
        "ms",
        "While another client reads back, {who} acknowledges a message after {value}, and {other} after {less}",
        work=ASKED,
    ),
    Probed(
        "delivery",
        "a waiting fetch, from produce to answer",
        "ms",
        "A waiting fetch is answered with what is produced after {value} by {who}, and after {less} by {other}",
    ),
    Probed(
        "fan_out",
        "a message to twenty waiting fetches, until all have it",
        "ms",
        "Of twenty waiting fetches the last has a message after {value} from {who}, and after {less} from {other}",
        work=ASKED,
    ),
    Probed(
        "stop_time",
        "stopping when asked to",
        "s",
        "Asked to stop, {who} has ended after {value}, and {other} after {less}",
        least=0.1,
        work=STOPPED,
        failed="did not stop in good order",
    ),
    Probed(
        "restart_time",
        "a start on what is stored",
        "s",
        "Started again on what its load has stored, {who} serves after {value}, and {other} after {less}",
        work=RESTARTED,
        failed="did not start again on what its load had stored",
    ),
    Probed(
        "restart_memory",
        "memory after that start",
        "MB",
        "Started again on what its load has stored, {who} holds {value} in memory, and {other} {less}",
        work=RESTARTED,
    ),
)
