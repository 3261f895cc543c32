"""Where the page shows what: the ids of its figures, which clauses link to and the template gives out."""

from __future__ import annotations

from chronik_perf.model import ProfileKind


def decided(metric: str, workload: str) -> str:
    """Give the id of a decided row."""
    return f"decided-{metric}-{workload}"


def per_block(metric: str, workload: str) -> str:
    """Give the id of the picture of one metric, block by block."""
    return f"per-block-{metric}-{workload}"


def stages(workload: str) -> str:
    """Give the id of the table of stages."""
    return f"stages-{workload}"


def over_time(name: str, workload: str) -> str:
    """Give the id of the picture of one value over time, by the name of its series."""
    return f"over-time-{name}-{workload}"


def functions(kind: ProfileKind, workload: str) -> str:
    """Give the id of the table of functions whose own time changed."""
    return f"functions-{kind}-{workload}"


def causes(workload: str) -> str:
    """Give the id of the table of what perf explain found."""
    return f"causes-{workload}"
