"""A release of the reference broker: one TOML that holds a complete configuration."""

from __future__ import annotations

import difflib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chronik_perf import resources
from chronik_perf.model import BadInput, Target
from chronik_perf.targets.provenance import provenance


def known_releases() -> dict[str, Path]:
    """Give the releases that ship with this installation, by name."""
    return {path.stem: path for path in sorted(resources.folder("releases").glob("*.toml"))}


def release_target(name: str, overrides: Mapping[str, str]) -> Target:
    """Give a shipped release. Raises BadInput for an unknown name or key, and says which are known."""
    known = known_releases()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}? Known are" if near else "known are"
        raise BadInput(f"there is no version {name!r}; {hint} {', '.join(known)}")
    document = tomllib.loads(known[name].read_text())
    description = str(document.pop("description", ""))
    config = dict(_flat(document))
    for key in overrides:
        if key not in config:
            near = difflib.get_close_matches(key, config, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(config)}"
            raise BadInput(f"{name} has no setting {key!r}; {hint}")
    sets = [word for key, value in overrides.items() for word in ("--set", f"{key}={value}")]
    changed = ", ".join(f"{key}={value}" for key, value in overrides.items())
    return Target(
        name=f"{name} with {changed}" if changed else name,
        argv=(
            sys.executable,
            *("-m", "broker", "start", "--version", name),
            *("--data-dir", "{data_dir}", "--host", "{host}"),
            *("--port", "{port}", "--metrics-port", "{metrics_port}"),
            *sets,
        ),
        ready="json-line",
        provenance=provenance(),
        config={**config, **overrides},
        description=description,
    )


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            # As TOML and JSON write it, so that it compares with what the broker tells of itself.
            yield f"{prefix}{key}", str(value).lower() if isinstance(value, bool) else str(value)
