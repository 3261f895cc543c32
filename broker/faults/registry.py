"""The faults that there are. A new one is one module in this folder and one line here."""

from __future__ import annotations

from importlib import import_module

from broker.faults.fault import Fault

NAMES = (
    "cpu",
    "spawn",
    "log_info",
    "double_decode",
    "copy",
    "cache_lost",
    "gc",
    "waiter_scan",
    "quadratic_metadata",
    "decay",
    "lock",
    "blocking_sync",
    "fixed_tick",
    "polling",
    "sleep_window",
    "min_depth",
    "head_of_line",
    "sync_per_batch",
    "batching_lost",
    "two_modes",
    "task_leak",
    "memory_leak",
    "fd_leak",
    "thread_leak",
    "dead_socket",
    "recovery",
    "early_ack",
    "stored_twice",
    "not_stored",
    "completion_order",
    "topic_polling",
    "index_lost",
    "fetch_polling",
    "joined_reads",
    "metadata_scan",
    "shadow_log",
    "slow_stop",
    "partition_scan",
    "buffers",
    "altered",
    "recompressed",
    "producer_sync",
    "woken_in_turn",
    "snapshot",
    "unclosed",
    "unwritten",
    "reordered",
    "all_acks",
    "slow_scrape",
    "forgetful",
    "impatient",
    "blocking_write",
    "drowsy",
    "partition_by_partition",
    "stop_waits",
    "undeleted",
    "topic_buffers",
    "preallocated",
    "slow_refusal",
)


def fault(name: str) -> Fault:
    """What the module of a registered name says; only that module is imported."""
    found: Fault = import_module(f"broker.faults.{name}").FAULT
    return found
