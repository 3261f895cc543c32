"""Makes the lines of the data set out of a run's folder."""

from __future__ import annotations

from benchmarks.proof.dataset import Row
from chronik_perf.experiment.pilot import ROUND_TRIPS_PER_BURST
from chronik_perf.model import SIDES, Block, Canaries, Comparison, Measured, Slice, Unavailable, metric
from chronik_perf.stats import judge

FIGURES = 6  # significant ones; noise begins at the third


def comparison_line(
    comparison: Comparison, run: str, label: str, exit_code: int | None, beside: str = ""
) -> Row:
    """Say what was compared, where and when, and how it came out.

    `exit_code` is that of `perf compare`; None for a run whose verdict was reached otherwise. `beside` is what else ran
    on the machine, as far as whoever recorded it knows.
    """
    verdict = judge(comparison)
    environment, design = comparison.environment, comparison.design
    provenance = comparison.candidate.provenance
    return {
        "run": run,
        "label": label,
        "beside": beside,
        "base": comparison.base.name,
        "candidate": comparison.candidate.name,
        "started_at": comparison.started_at,
        "code": provenance.commit or provenance.detail,
        "dirty": provenance.dirty,
        "fingerprint": environment.fingerprint,
        "machine": {
            "cpu_model": environment.cpu_model,
            "cores": environment.cores,
            "kernel": environment.kernel,
            "python": environment.python,
            "filesystem": environment.filesystem,
        },
        "workloads": [w.name for w in comparison.workloads],
        "quick": design.quick,
        "budget_s": design.budget_s,
        "family_error": design.family_error,
        "thresholds": dict(design.thresholds),
        # Of the toolkit that adds the line, which is the one that measured unless a folder of before is added.
        "burst_round_trips": ROUND_TRIPS_PER_BURST if any(p.bursts > 1 for p in comparison.pilots) else None,
        "seed": design.seed,
        "blocks": len(comparison.blocks),
        "discarded": len(comparison.blocks) - len(comparison.kept_blocks),
        "elapsed_s": round(comparison.elapsed_s, 1),
        "outcome": verdict.outcome,
        "exit_code": exit_code,
        "words": {
            f"{r.metric}@{r.workload}": r.word or "not judged" for r in verdict.rows if r.role != "evidence"
        },
    }


def start_lines(comparison: Comparison, run: str) -> list[Row]:
    """Give one line for each start and workload, blocks in their order, the first start of a block first."""
    began = [_began_ns(b) for b in comparison.blocks]
    zero = min((ns for ns in began if ns is not None), default=0)
    lines: list[Row] = []
    for block, ns in zip(comparison.blocks, began, strict=True):
        if ns is None:
            continue
        for side in sorted(SIDES, key=lambda s: block.side(s).order):
            lines += [
                _start_line(block, side, w.name, run, (ns - zero) / 1e9)
                for w in comparison.workloads
                if any(True for _ in block.side(side).gate_slices(w.name))
            ]
    return lines


def _start_line(block: Block, side: str, workload: str, run: str, began_s: float) -> Row:
    start = block.base if side == "base" else block.candidate
    slices = tuple(start.gate_slices(workload))
    commits = [s.telemetry.get("commits") for s in slices]
    return {
        "run": run,
        "block": block.index,
        "workload": workload,
        "side": side,
        "order": start.order,
        "began_s": round(began_s, 2),
        "discarded": block.discarded,
        "interleaved": block.interleaved,
        "steady": start.steady.get(workload),
        "throughput": _figure(metric("throughput").take(start, workload)),
        "cpu_per_message": _figure(metric("cpu_per_message").take(start, workload)),
        "p50": _figure(metric("p50").take(start, workload)),
        "p99": _figure(metric("p99").take(start, workload)),
        "rss_growth": _figure(metric("rss_growth").take(start, workload)),
        "stored": sum(s.load.stored for s in slices),
        "commits": None if None in commits else sum(c for c in commits if c is not None),
        "slice_s": [_rounded(s.load.window_s) for s in slices],
        "slice_msgs_per_s": [_rounded(s.load.stored / s.load.window_s) for s in slices],
        "slice_cpu_us": [_of_slice("cpu_per_message", s) for s in slices],
        "slice_p99_ms": [_of_slice("p99", s) for s in slices],
        "canaries": {"before": _canaries(block.canaries_before), "after": _canaries(block.canaries_after)},
        "notes": list(block.notes),
    }


def _of_slice(name: str, s: Slice) -> float | None:
    of_slice = metric(name).of_slice
    return None if of_slice is None else _figure(of_slice(s))


def _canaries(canaries: Canaries) -> Row:
    return {
        "fdatasync_ms": _figure(canaries.fdatasync_ms),
        "cpu_loop_ms": _figure(canaries.cpu_loop_ms),
        "loopback_us": _figure(canaries.loopback_us),
    }


def _began_ns(block: Block) -> int | None:
    """Give when the block's first slice began; None for a block without any."""
    sends = [s.load.first_send_ns for start in (block.base, block.candidate) for s in start.slices]
    return min(sends, default=None)


def _figure(value: Measured) -> float | None:
    return None if isinstance(value, Unavailable) else _rounded(float(value))


def _rounded(value: float) -> float:
    return float(f"{value:.{FIGURES}g}")
