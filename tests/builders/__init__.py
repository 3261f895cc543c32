"""Builds comparisons out of declared behaviour and a fixed seed, for tests that need numbers and no broker.

A `Behaviour` says what one version of a broker does under one workload; `a_comparison` measures two of them
through the same documents that a real run gives, with noise between blocks and between slices.
"""

from tests.builders.behaviour import ACKS0, ACKS1, RAW, V220, V227, Behaviour, Noise
from tests.builders.changes import with_load, with_slices, with_starts
from tests.builders.comparison import a_comparison, a_pair_of_equals
from tests.builders.history import a_past
from tests.builders.latency import a_latency
from tests.builders.profiles import a_profile_of, difference_of, node_at, nodes_of
from tests.builders.surroundings import a_target, an_environment, canaries

__all__ = [
    "ACKS0",
    "ACKS1",
    "RAW",
    "V220",
    "V227",
    "Behaviour",
    "Noise",
    "a_comparison",
    "a_latency",
    "a_pair_of_equals",
    "a_past",
    "a_profile_of",
    "a_target",
    "an_environment",
    "canaries",
    "difference_of",
    "node_at",
    "nodes_of",
    "with_load",
    "with_slices",
    "with_starts",
]
