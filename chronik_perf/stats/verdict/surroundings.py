"""Whether every block of a comparison gave its brokers the same environment: what differs there is another version."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import SIDES, Comparison
from chronik_perf.stats.gather import name_of


def changed_environment(comparison: Comparison) -> Iterator[str]:
    """Name the variables that one side's brokers saw with other values in other blocks, as after `--resume` may be."""
    for side in SIDES:
        # A start without any is one from before they were kept, or of a broker that perf did not start.
        seen = [env for b in comparison.kept_blocks if (env := b.side(side).environment)]
        names = sorted({name for env in seen for name in env})
        changed = [name for name in names if len({env.get(name) for env in seen}) > 1]
        if changed:
            yield (
                f"{name_of(comparison, side)} was not started in the same environment in all blocks: "
                f"{', '.join(changed)} differed, so they do not add up to one version."
            )
