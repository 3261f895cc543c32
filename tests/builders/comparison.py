"""Whole comparisons: two behaviours measured side by side, without a broker."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chronik_perf.model import (
    SCHEMA_VERSION,
    SIDES,
    Block,
    Comparison,
    Design,
    MissingProfile,
    Pilot,
    Profile,
    Series,
    Workload,
)
from tests.builders.behaviour import QUIET, V220, V227, WORKLOADS, Behaviour, Noise
from tests.builders.evidence import a_probe, a_profile, a_series
from tests.builders.starts import Maker
from tests.builders.surroundings import a_target, an_environment, canaries


def a_comparison(
    base: Mapping[str, Behaviour] = V220,
    candidate: Mapping[str, Behaviour] = V227,
    *,
    blocks: int = 14,
    slices: int = 6,
    noise: Noise = QUIET,
    seed: int = 1,
    workloads: tuple[Workload, ...] = WORKLOADS,
    names: tuple[str, str] = ("v2.2.0", "v2.2.7"),
    design: Design | None = None,
    histograms: bool = True,
    evidence: bool = True,
    gate_slice_s: float = 0.3,
) -> Comparison:
    """Measure two behaviours. The same arguments give the same comparison.

    `histograms` False leaves the HdrHistograms empty (percentiles stay), `evidence` False leaves out series,
    profiles and probes: both for tests that judge thousands of comparisons.
    """
    rng = np.random.default_rng(seed)
    make = Maker(rng, noise, slices, histograms, gate_slice_s)
    made: list[Block] = []
    for index in range(blocks):
        shared = {w.name: make.draw(noise.shared) for w in workloads}
        drawn = int(rng.integers(0, 2))
        # As in a real run, the second block takes the order that the first had not.
        first = 1 - made[0].base.order if index == 1 else drawn
        made.append(
            Block(
                index,
                make.start("base", names[0], first, base, workloads, shared),
                make.start("candidate", names[1], 1 - first, candidate, workloads, shared),
                canaries(),
                canaries(1.01),
            )
        )
    series: list[Series] = []
    profiles: list[Profile] = []
    missing: list[MissingProfile] = []
    if evidence:
        for side in SIDES:
            behaviours = base if side == "base" else candidate
            for w in workloads:
                does = behaviours[w.name]
                series.append(a_series(side, w.name, does, rng))
                if w.acks == 0:
                    missing += [
                        MissingProfile(side, w.name, kind, "py-spy was not permitted")
                        for kind in ("cpu", "wall")
                    ]
                else:
                    profiles += [
                        a_profile(side, w.name, kind, does, does.tasks_per_batch > 0, start)
                        for kind in ("cpu", "wall")
                        for start in range(4)
                    ]
    return Comparison(
        schema_version=SCHEMA_VERSION,
        base=a_target(names[0]),
        candidate=a_target(names[1]),
        workloads=workloads,
        design=design or Design(blocks=blocks, seed=seed),
        environment=an_environment(),
        started_at="2026-11-25T03:40:00+00:00",
        command=f"perf compare {names[0]} {names[1]} --seed {seed}",
        pilots=tuple(
            Pilot(
                w.name,
                (max(base[w.name].p50_ms, 0.1), max(candidate[w.name].p50_ms, 0.1)),
                (0.004, 0.004),
                gate_slice_s,
                True,
            )
            for w in workloads
        ),
        blocks=tuple(made),
        series=tuple(series),
        profiles=tuple(profiles),
        probes=tuple(a_probe(side, start) for side in SIDES for start in range(4) if evidence),
        missing_profiles=tuple(missing),
        elapsed_s=240.0,
        complete=True,
    )


def a_pair_of_equals(**options: object) -> Comparison:
    """Compare v2.2.0 with itself."""
    return a_comparison(V220, V220, names=("v2.2.0", "v2.2.0"), **options)  # type: ignore[arg-type]
