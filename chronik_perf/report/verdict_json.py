"""The verdict for programs: JSON with a schema version."""

from __future__ import annotations

import json
from dataclasses import asdict

from chronik_perf.model import Comparison, Verdict

SCHEMA_VERSION = 1


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the verdict with every row; effects are fractions on the ratio scale, else in the metric's unit."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "base": comparison.base.name,
        "candidate": comparison.candidate.name,
        "complete": comparison.complete,
        **asdict(verdict),
    }
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=True) + "\n"
