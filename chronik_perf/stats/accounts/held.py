"""What a broker holds, and uses while nobody asks it for anything: threads, descriptors, memory, and CPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chronik_perf.model import OPEN_ON, SIDES, Block, Comparison, Effect, Side, Start, Unavailable, known
from chronik_perf.stats import words
from chronik_perf.stats.betting.interval import paired_effect
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.profile_diff import Grown, difference_of, new_threads

ERROR = 0.01  # of all together
IDLE = "idle_share"
LEAST_IDLE = 0.02  # of a core: less of it spoils no measurement and no bill
AT_REST = "resting_rss_bytes"
MEMORY = {AT_REST: "Before it is asked for anything", "rss_bytes": "When its load has ended"}
LEAST_MEMORY = 0.05  # of what the base holds: code that is loaded is memory, too
_NONE = Unavailable("not read")
_ONE_END = "Whether it grows with the load, as a leak does, one end does not tell."
COUNTED = {"threads": "thread", "descriptors": "open descriptor"}
KINDS = (*COUNTED, IDLE, *MEMORY)


@dataclass(frozen=True, slots=True)
class Held:
    """One kind of thing of which the sides hold or use unlike numbers in a start, and the difference."""

    kind: str
    effect: Effect
    starts: int  # of each side


def held(comparison: Comparison) -> Iterator[Held]:
    """Give each kind of which one side holds more, as its starts tell, told from noise at whatever block one stops."""
    for kind in KINDS:
        pairs: list[tuple[float, float]] = []
        base_first: list[bool] = []
        for block in comparison.kept_blocks:
            base, candidate = (known(s.process.get(kind, _NONE)) for s in (block.base, block.candidate))
            if base is not None and candidate is not None:
                pairs.append((base, candidate))
                base_first.append(block.base.order == 0)
        effect = paired_effect(
            "ratio" if kind in MEMORY else "difference", pairs, ERROR / len(KINDS), base_first=base_first
        )
        least = LEAST_IDLE if kind == IDLE else LEAST_MEMORY if kind in MEMORY else 0.0
        if not isinstance(effect, Unavailable) and effect.told_from_noise and abs(effect.estimate) >= least:
            yield Held(kind, effect, len(pairs))


def held_findings(comparison: Comparison) -> Iterator[str]:
    """Say who holds or uses more of what."""
    for one in held(comparison):
        if one.kind == IDLE:
            yield _idle(comparison, one)
            continue
        if one.kind in MEMORY:
            yield _memory(comparison, one)
            continue
        effect = one.effect
        more: Side = "candidate" if effect.estimate > 0 else "base"
        less: Side = "base" if effect.estimate > 0 else "candidate"
        low, high = sorted((abs(effect.low), abs(effect.high)))
        many = words.number(abs(effect.estimate))
        levels = sorted((effect.base, effect.candidate), reverse=True)
        yield (
            f"When its load has ended, {name_of(comparison, more)} holds {many} "
            f"{COUNTED[one.kind]}{'' if many == '1' else 's'} more than {name_of(comparison, less)} "
            f"({words.number(low)} to {words.number(high)}, "
            f"from {words.count(one.starts, 'start')} a side): {words.number(levels[0])} instead of "
            f"{words.number(levels[1])}. {_ONE_END}"
            f"{_begun_in(comparison) if (one.kind, more) == ('threads', 'candidate') else ''}"
            f"{_open_on(comparison, more, abs(effect.estimate)) if one.kind == 'descriptors' else ''}"
        )


def _idle(comparison: Comparison, one: Held) -> str:
    effect = one.effect
    share = {"base": words.percent(effect.base, 0), "candidate": words.percent(effect.candidate, 0)}
    low, high = (words.percent(end, 0, signed=True) for end in (effect.low, effect.high))
    return (
        f"Before it is asked for anything {name_of(comparison, 'candidate')} uses {share['candidate']} of a core, and "
        f"{name_of(comparison, 'base')} {share['base']} (a difference of {low} to {high} of a core, from "
        f"{words.count(one.starts, 'start')} a side)."
    )


def _memory(comparison: Comparison, one: Held) -> str:
    base, candidate = (words.quantity(size, "B") for size in (one.effect.base, one.effect.candidate))
    said = (
        f"{MEMORY[one.kind]} {name_of(comparison, 'candidate')} holds {candidate} of memory, and "
        f"{name_of(comparison, 'base')} {base}: {words.signed_change(one.effect, '')}, from "
        f"{words.count(one.starts, 'start')} a side."
    )
    return said if one.kind == AT_REST else f"{said} {_ONE_END}"


def begun_threads(comparison: Comparison) -> Iterator[tuple[str, Grown]]:
    """Give the functions that threads begin in which only the candidate has, each with the workload that shows it."""
    for workload in comparison.workloads:
        wall = difference_of(comparison, workload.name, "wall")
        for one in new_threads(wall) if wall is not None else ():
            yield workload.name, one


def _open_on(comparison: Comparison, more: Side, difference: float) -> str:
    """Say what most of the descriptors are open on that one side has more of; nothing where they are of many kinds."""
    blocks = [b for b in comparison.kept_blocks if all(_tells_kinds(b.side(side)) for side in SIDES)]
    kinds = {key for b in blocks for side in SIDES for key in b.side(side).process if key.startswith(OPEN_ON)}
    rises = {kind: sum(_number(b, more, kind) for b in blocks) for kind in kinds}
    most = max(sorted(rises), key=lambda kind: rises[kind], default=None)
    each = rises[most] / len(blocks) if most is not None else 0.0
    if most is None or each < difference / 2:
        return ""
    return f" {words.number(each)} more {'is' if each == 1 else 'are'} open on {most.removeprefix(OPEN_ON)}."


def _tells_kinds(start: Start) -> bool:
    return any(key.startswith(OPEN_ON) for key in start.process)


def _number(block: Block, more: Side, kind: str) -> float:
    """Give how many of a kind one side has more of at the end of its start; of a kind that is not told, none are."""
    base, candidate = (known(start.process.get(kind, 0.0)) or 0.0 for start in (block.base, block.candidate))
    return candidate - base if more == "candidate" else base - candidate


def _begun_in(comparison: Comparison) -> str:
    names = list(dict.fromkeys(one.name for _, one in begun_threads(comparison)))
    return f" Threads that only it has begin in {' and '.join(names)}." if names else ""
