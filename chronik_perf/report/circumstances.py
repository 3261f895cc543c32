"""What a reader needs to believe the numbers: configurations, counts, blocks and the machine, as rows for tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chronik_perf.model import SIDES, Block, Canaries, Comparison, Measured, Side, Unavailable
from chronik_perf.secrecy import redact
from chronik_perf.stats import words

UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of the configuration on both sides; None where a side does not have it, UNKNOWN where nobody can say."""

    key: str
    base: str | None
    candidate: str | None

    @property
    def differs(self) -> bool:
        """Tell whether the sides have different values, or may have."""
        return self.base != self.candidate

    @property
    def told(self) -> bool:
        """Tell whether the values of both sides are known."""
        return UNKNOWN not in (self.base, self.candidate)


@dataclass(frozen=True, slots=True)
class Counted:
    """Messages of all gate slices of one side that count: what was sent, acknowledged, failed and stored."""

    side: Side
    sent: int
    acked: int
    failed: int
    stored: int
    slices: int
    window_s: float


@dataclass(frozen=True, slots=True)
class CanaryRow:
    """One block's canaries, (before, after), in the units of CANARIES; and what else is to be said of it."""

    block: Block
    first: str
    canaries: tuple[tuple[str, str], ...]
    unsteady: str
    notes: tuple[str, ...]


_KINDS = {"cpu": "CPU", "wall": "waits"}

CANARIES: tuple[tuple[str, str, str], ...] = (
    ("fdatasync_ms", "write and fdatasync", "ms"),
    ("cpu_loop_ms", "CPU loop", "ms"),
    ("loopback_us", "loopback echo", "µs"),
)


def settings(comparison: Comparison) -> tuple[tuple[Setting, ...], str]:
    """Give configuration, environment and what builds saw, differences first, and which configuration it is.

    The effective one is what the brokers said when they served; a broker that says nothing leaves the declared.
    """
    told = [
        {s: b.side(s).config for s in SIDES}
        for b in comparison.blocks
        if b.base.config and b.candidate.config
    ]
    if told:
        base, candidate, which = told[0]["base"], told[0]["candidate"], "effective"
    else:
        base, candidate, which = comparison.base.config, comparison.candidate.config, "declared"
    base, candidate = (
        {
            **config,
            **{f"environment {k}": v for k, v in _environment(comparison, side).items()},
            **{f"build {k}": v for k, v in _built_with(comparison, side).items()},
        }
        for config, side in ((base, SIDES[0]), (candidate, SIDES[1]))
    )
    # Of a broker that ran already nobody told what it was set to, which is not the same as nothing.
    absent = [UNKNOWN if target.runs_already else None for target in (comparison.base, comparison.candidate)]
    rows = [
        Setting(k, base.get(k, absent[0]), candidate.get(k, absent[1]))
        for k in dict.fromkeys([*base, *candidate])
    ]
    return tuple(sorted(rows, key=lambda r: not r.differs)), which


def _environment(comparison: Comparison, side: Side) -> dict[str, str]:
    """Give what a side's broker saw of the environment; what was declared, where no start tells."""
    seen = (b.side(side).environment for b in comparison.blocks)
    return next((env for env in seen if env), redact(comparison.target(side).env))


def _built_with(comparison: Comparison, side: Side) -> dict[str, str]:
    """Give what a side's build saw; nothing where one side alone was built, as there is nothing to hold it against."""
    both = all(comparison.target(s).built_with for s in SIDES)
    return comparison.target(side).built_with if both else {}


def clients(comparison: Comparison) -> str:
    """Name the client libraries that gave the load, with their versions."""
    named = ", ".join(f"{name} {version}" for name, version in comparison.environment.clients.items())
    return named or UNKNOWN


def profilers(comparison: Comparison) -> tuple[str, ...]:
    """Say of the profiles which profiler took them and how often it looked, a sentence each; none without profiles."""
    taken: dict[str, dict[str, None]] = {}
    for one in comparison.profiles:
        how = f"{one.profiler or 'a profiler that is not known'}, {one.rate_hz} samples a second"
        taken.setdefault(how, {})[f"{one.side} ({_KINDS[one.kind]})"] = None
    return tuple(f"{how}: {', '.join(which)}" for how, which in taken.items())


def of_starts(comparison: Comparison) -> str:
    """Say what blocks are made of, to follow their number."""
    ran = [side for side in SIDES if comparison.target(side).runs_already]
    if not ran:
        return "of fresh starts of both versions"
    return (
        "on brokers that ran already" if len(ran) == 2 else f"on a {ran[0]} that ran already and fresh starts"
    )


def counted(comparison: Comparison, workload: str) -> tuple[Counted, ...]:
    """Give sent, acknowledged and stored side by side, for the sides that were measured."""
    return tuple(_counted(comparison, workload))


def _counted(comparison: Comparison, workload: str) -> Iterator[Counted]:
    for side in SIDES:
        loads = [s.load for b in comparison.kept_blocks for s in b.side(side).gate_slices(workload)]
        if loads:
            yield Counted(
                side,
                sum(x.sent for x in loads),
                sum(x.acked for x in loads),
                sum(x.failed for x in loads),
                sum(x.stored for x in loads),
                len(loads),
                sum(x.window_s for x in loads),
            )


def canary_rows(comparison: Comparison) -> tuple[CanaryRow, ...]:
    """Give every block, the discarded ones too, with its canaries before and after."""
    return tuple(
        CanaryRow(
            block=b,
            first="base" if b.base.order == 0 else "candidate",
            canaries=tuple(
                (_canary(b.canaries_before, n), _canary(b.canaries_after, n)) for n, _, _ in CANARIES
            ),
            unsteady=_unsteady(b),
            notes=tuple(dict.fromkeys((*b.notes, *(f"{s}: {n}" for s in SIDES for n in b.side(s).notes)))),
        )
        for b in comparison.blocks
    )


def _canary(canaries: Canaries, name: str) -> str:
    return measured(getattr(canaries, name), "")


def _unsteady(block: Block) -> str:
    return ", ".join(
        f"{side} ({workload})"
        for side in SIDES
        for workload, steady in block.side(side).steady.items()
        if not steady
    )


def measured(value: Measured, unit: str) -> str:
    """Say a value with its unit, or that it is unavailable and why."""
    if isinstance(value, Unavailable):
        return f"unavailable: {value.reason}"
    return words.seconds(value) if unit == "s" else words.quantity(value, unit)
