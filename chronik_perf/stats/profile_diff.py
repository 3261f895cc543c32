"""The difference of two profiles as one merged tree in µs per 1,000 stored messages.

Samples are scaled to what they stand for before anything is compared, so that another sampling rate, duration
or throughput does not read as a change. Counts stay beside the figures: they say how much a figure can be
trusted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import bdtr, bdtrc

from chronik_perf.model import Profile, ProfileKind, known
from chronik_perf.stats import words

MIN_SAMPLES = 10
GREY_P = 0.001
ROOT = "all"


@dataclass(frozen=True, slots=True)
class DiffNode:
    """One frame path on both sides, inclusive and by itself, in µs per 1,000 stored messages.

    `grey`: too few samples, or no change that can be told from chance; it must not be coloured. A removed
    frame has `candidate_us` 0, a new one `base_us` 0. Children come in order of the larger side.
    """

    name: str
    base_us: float
    candidate_us: float
    base_self_us: float
    candidate_self_us: float
    base_samples: int
    candidate_samples: int
    grey: bool
    children: tuple[DiffNode, ...] = ()

    @property
    def delta_us(self) -> float:
        """Change of the inclusive figure."""
        return self.candidate_us - self.base_us

    @property
    def self_delta_us(self) -> float:
        """Change of the frame's own figure."""
        return self.candidate_self_us - self.base_self_us


@dataclass(frozen=True, slots=True)
class FrameChange:
    """One function over all its paths; recursion counts once. Figures in µs per 1,000 stored messages.

    `grey`: no change of its own figure that can be told from chance.
    """

    name: str
    base_us: float
    candidate_us: float
    base_self_us: float
    candidate_self_us: float
    base_samples: int
    candidate_samples: int
    grey: bool

    @property
    def self_delta_us(self) -> float:
        """Change of the function's own figure."""
        return self.candidate_self_us - self.base_self_us


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    """The merged tree, the functions by how much their own figure changed, and notes on what a side lacks."""

    kind: ProfileKind
    workload: str
    root: DiffNode
    frames: tuple[FrameChange, ...]
    base_samples: int
    candidate_samples: int
    notes: tuple[str, ...]
    sentence: str


@dataclass(slots=True)
class _Node:
    own: list[int]  # [base, candidate]
    total: list[int]
    children: dict[str, _Node]


@dataclass(frozen=True, slots=True)
class _Scale:
    """µs per 1,000 messages that one sample of each side stands for; 0 for a side that has none."""

    us: tuple[float, float]

    def figures(self, node: _Node) -> tuple[float, float, float, float, int, int]:
        """Give inclusive and own µs of both sides, and inclusive samples, in the order of the dataclasses."""
        (b, c), (own_b, own_c) = node.total, node.own
        return b * self.us[0], c * self.us[1], own_b * self.us[0], own_c * self.us[1], b, c

    def grey(self, base: int, candidate: int) -> bool:
        """Tell whether two counts of the same rate could differ so by chance.

        Given both, the base's share of the samples is binomial if the figures per message are equal
        (Przyborowski and Wilenski, Biometrika 31, 1940); its expected share follows from what a sample stands
        for.
        """
        n = base + candidate
        if n < MIN_SAMPLES or min(self.us) <= 0:
            return True
        share = self.us[1] / (self.us[0] + self.us[1])
        at_most = float(bdtr(base, n, share))
        at_least = 1.0 if base == 0 else float(bdtrc(base - 1, n, share))
        return 2 * min(at_most, at_least) > GREY_P


def profile_difference(base: Profile, candidate: Profile) -> ProfileDifference:
    """Merge two profiles of one workload and kind.

    A CPU sample stands for its share of the process's CPU seconds over the window, a wall sample for one
    period of one thread. A side without samples or without stored messages has zeros, a note, and everything
    grey. Raises ValueError if workload or kind differ.
    """
    if (base.workload, base.kind) != (candidate.workload, candidate.kind):
        raise ValueError("profiles of different workloads or kinds have no difference")
    notes: list[str] = []
    scale = _Scale((_us_per_sample(base, notes), _us_per_sample(candidate, notes)))
    tree = _Node([0, 0], [0, 0], {})
    by_function: dict[str, _Node] = {}
    for side, profile in enumerate((base, candidate)):
        for stack, n in profile.stacks.items():
            _add(tree, by_function, stack.split(";"), side, n)
    root = _finish(ROOT, tree, scale)
    frames = sorted(
        (FrameChange(name, *scale.figures(f), scale.grey(*f.own)) for name, f in by_function.items()),
        key=lambda f: (f.grey, -abs(f.self_delta_us)),
    )
    return ProfileDifference(
        kind=base.kind,
        workload=base.workload,
        root=root,
        frames=tuple(frames),
        base_samples=root.base_samples,
        candidate_samples=root.candidate_samples,
        notes=tuple(notes),
        sentence=_sentence(base.kind, root, frames),
    )


def _add(tree: _Node, by_function: dict[str, _Node], frames: list[str], side: int, n: int) -> None:
    node = tree
    node.total[side] += n
    for frame in frames:
        node = node.children.setdefault(frame, _Node([0, 0], [0, 0], {}))
        node.total[side] += n
    node.own[side] += n
    for frame in dict.fromkeys(frames[1:] or frames):  # the first is the thread, not a function
        by_function.setdefault(frame, _Node([0, 0], [0, 0], {})).total[side] += n
    by_function[frames[-1]].own[side] += n


def _finish(name: str, node: _Node, scale: _Scale) -> DiffNode:
    """Freeze the tree from the leaves up, without recursion: a stack may be deeper than Python's limit."""
    done: dict[int, DiffNode] = {}
    pending: list[tuple[str, _Node, bool]] = [(name, node, False)]
    while pending:
        name, node, ready = pending.pop()
        if not ready:
            pending.append((name, node, True))
            pending += [(n, c, False) for n, c in node.children.items()]
            continue
        children = sorted(
            (done.pop(id(c)) for c in node.children.values()), key=lambda c: -max(c.base_us, c.candidate_us)
        )
        done[id(node)] = DiffNode(name, *scale.figures(node), scale.grey(*node.total), tuple(children))
    return done[id(node)]


def _us_per_sample(profile: Profile, notes: list[str]) -> float:
    counted = sum(profile.stacks.values())
    if counted == 0:
        notes.append(f"The {profile.kind} profile of {profile.side} holds no sample.")
        return 0.0
    if profile.stored <= 0:
        notes.append(
            f"Nothing was stored while {profile.side} was profiled, so there is no cost per message."
        )
        return 0.0
    cpu_s = known(profile.cpu_s)
    if profile.kind == "cpu" and cpu_s is not None:
        return cpu_s / counted * 1e9 / profile.stored
    if profile.kind == "cpu":
        notes.append(
            f"CPU seconds of {profile.side} are not known: a sample counts as 1/{profile.rate_hz} s."
        )
    return 1e9 / profile.rate_hz / profile.stored


def _sentence(kind: ProfileKind, root: DiffNode, frames: Iterable[FrameChange]) -> str:
    what = "CPU" if kind == "cpu" else "Thread time"
    text = (
        f"{what} per 1,000 stored messages: {words.microseconds(root.base_us)}, then "
        f"{words.microseconds(root.candidate_us)} "
        f"({root.base_samples:,} and {root.candidate_samples:,} samples)"
    )
    most = next((f for f in frames if not f.grey), None)
    if most is None:
        return f"{text}; no function changed by more than chance explains."
    sign = "+" if most.self_delta_us > 0 else ""
    return f"{text}; most changed is {most.name}, {sign}{words.microseconds(most.self_delta_us)} by itself."
