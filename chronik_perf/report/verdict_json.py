"""The verdict for programs: JSON with a schema version."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from chronik_perf.model import Comparison, Verdict
from chronik_perf.stats.causes.culprits import culprits

SCHEMA_VERSION = 1


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the verdict with every row; effects are fractions on the ratio scale, else in the metric's unit.

    JSON knows no infinity: an end of an interval that is unbounded is null.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "base": comparison.base.name,
        "candidate": comparison.candidate.name,
        "complete": comparison.complete,
        **asdict(verdict),
        "findings": verdict.findings,
        # Of regressions and then of findings; in place of the workload may be a phase, see model/probed.py.
        "culprits": [
            {"kind": c.kind, "name": c.name, "file": c.file, "workload": c.workload}
            for c in culprits(comparison, verdict)
        ],
    }
    return json.dumps(_finite(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
