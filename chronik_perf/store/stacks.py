"""Profiles as other tools read them: folded stacks (flame graph scripts) and speedscope's sampled format."""

from __future__ import annotations

import json
import re
from typing import Any

from chronik_perf.model import Profile, known

SPEEDSCOPE_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_FRAME = re.compile(r"(?P<name>.+) \((?P<file>[^()]+?)(?::(?P<line>\d+))?\)")


def folded(profile: Profile) -> str:
    """Give one "thread;outer;inner COUNT" a line, in samples."""
    return "".join(f"{stack} {count}\n" for stack, count in sorted(profile.stacks.items()))


def speedscope(profile: Profile, target: str) -> str:
    """Give speedscope's JSON: one sample a stack, outermost frame first, weighted in seconds.

    A CPU profile's weights add up to the CPU seconds of the process, where those are known; otherwise a
    sample is the time between two.
    """
    total, cpu_s = sum(profile.stacks.values()), known(profile.cpu_s)
    sample_s = 1 / profile.rate_hz
    if profile.kind == "cpu" and cpu_s is not None and total > 0:
        sample_s = cpu_s / total
    index: dict[str, int] = {}
    samples, weights = [], []
    for stack, count in sorted(profile.stacks.items()):
        samples.append([index.setdefault(frame, len(index)) for frame in stack.split(";")])
        weights.append(count * sample_s)
    name = f"{target}, {profile.workload}, {profile.kind} ({profile.samples} samples at {profile.rate_hz} Hz)"
    document = {
        "$schema": SPEEDSCOPE_SCHEMA,
        "name": name,
        "exporter": "chronik-perf",
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(text) for text in index]},
        "profiles": [
            {
                "type": "sampled",
                "name": name,
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(weights),
                "samples": samples,
                "weights": weights,
            }
        ],
    }
    return json.dumps(document)


def _frame(text: str) -> dict[str, Any]:
    found = _FRAME.fullmatch(text)
    if found is None:
        return {"name": text}
    frame: dict[str, Any] = {"name": found["name"], "file": found["file"]}
    if found["line"]:
        frame["line"] = int(found["line"])
    return frame
