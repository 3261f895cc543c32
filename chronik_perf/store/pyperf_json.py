"""Seconds per stored message as pyperf JSON, so that `pyperf show` and `pyperf compare_to` read it.

pyperf has no unit for a rate and takes less for faster: 52K msg/s falling to 10K would read "5x faster". Its own
significance test takes slices for independent, which they are not: the verdict is ours alone.
"""

from __future__ import annotations

import io

import pyperf

from chronik_perf.model import Comparison, Side, Start, Target, Workload


def benchmark(comparison: Comparison, workload: Workload, side: Side) -> pyperf.Benchmark | None:
    """Give one side of one workload: a run per start, a value per gate slice; None if nothing was stored."""
    target = comparison.target(side)
    common = _circumstances(comparison, workload, target)
    runs = []
    for block in comparison.kept_blocks:
        start = block.side(side)
        values = _values(start, workload.name)
        if values:
            own = {"block": block.index, "start_order": start.order}
            if start.seed is not None:
                own["hash_seed"] = start.seed
            loads = [s.load for s in start.gate_slices(workload.name)]
            spent = {
                "duration": sum(one.window_s for one in loads),
                # Messages of a slice: pyperf multiplies by it to know how long it was that was timed.
                "loops": max(1, sum(one.stored for one in loads) // len(loads)),
            }
            metadata = {**common, **own, **spent}
            runs.append(pyperf.Run(values, metadata=metadata, collect_metadata=False))
    return pyperf.Benchmark(runs) if runs else None


def as_json(benchmark: pyperf.Benchmark) -> str:
    """Give the text of a pyperf file."""
    text = io.StringIO()
    benchmark.dump(text)
    return text.getvalue()


def _values(start: Start, workload: str) -> list[float]:
    loads = [s.load for s in start.gate_slices(workload)]
    return [one.window_s / one.stored for one in loads if one.stored > 0 and one.window_s > 0]


def _circumstances(comparison: Comparison, workload: Workload, target: Target) -> dict[str, str | int]:
    environment, provenance = comparison.environment, target.provenance
    told: dict[str, str | int] = {
        "name": workload.name,
        "unit": "second",
        "description": f"seconds per stored message: {workload.describe()}",
        "target": target.name,
        "source": provenance.source,
        "commit": provenance.commit or "unknown",
        "dirty": {True: "yes", False: "no", None: "unknown"}[provenance.dirty],
        "started_at": comparison.started_at,
        "cpu_model_name": environment.cpu_model,
        "cpu_count": environment.cores,
        "platform": environment.kernel,
        "filesystem": environment.filesystem,
        "machine_fingerprint": environment.fingerprint,
        **{f"client_{name}": version for name, version in environment.clients.items()},
    }
    # pyperf takes neither a line break nor an empty text, and a command: target's name may hold the one.
    return {k: " ".join(v.split()) or "unknown" if isinstance(v, str) else v for k, v in told.items()}
