"""What a broker sees of the toolkit's environment: as little as it needs to run.

A stray variable once chose another flush profile and made a broker 218 times slower: the environment is part of
the version, so what is not listed here comes from the target or not at all.
"""

from __future__ import annotations

from chronik_perf.environment import HASH_SEED, passed


def broker_environment(target_env: dict[str, str], hash_seed: int) -> dict[str, str]:
    """Give the complete environment of a broker: the few variables passed on, the target's, the hash seed."""
    return {**passed("VIRTUAL_ENV"), **target_env, HASH_SEED: str(hash_seed)}
