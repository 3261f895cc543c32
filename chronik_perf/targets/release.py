"""A release of the reference broker: one TOML that holds a complete configuration."""

from __future__ import annotations

import difflib
import sys
import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from chronik_perf import resources
from chronik_perf.model import BadInput, Target
from chronik_perf.targets.provenance import provenance, root
from chronik_perf.targets.scheme import Asked, Found, Scheme

# -P: a folder named broker where perf is called would be imported, and measured, instead.
PROGRAM = (sys.executable, "-P", "-m", "broker")


def own_environment() -> dict[str, str]:
    """Have the broker beside this toolkit, of which the provenance tells, and not another that is installed."""
    return {"PYTHONPATH": str(root())} if resources.is_checkout() else {}


def known_releases() -> dict[str, Path]:
    """Give the releases that ship with this installation, by name."""
    found = resources.folder("releases").glob("*.toml")
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def found_release(name: str, asked: Asked, why: str) -> Found:
    """Find a shipped release; `why` says, to people, why the name is taken for one. Raises BadInput for none."""
    target = _target(name, asked.overrides)
    about = f" ({target.description.rstrip('.')})" if target.description else ""
    told = f"{name}: a shipped release of the reference broker{about}, {why}."
    return Found(explain=lambda: [told], target=lambda _: target)


def _target(name: str, overrides: Mapping[str, str]) -> Target:
    """Give a shipped release. Raises BadInput for an unknown name or key, or a value of another type."""
    known = known_releases()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}? Known are" if near else "known are"
        raise BadInput(
            f"there is no version {name!r}; {hint} {', '.join(known)}, and command:PROGRAM; a git ref needs "
            "a perf.toml at the root of its repository (perf init writes one, --repo names another repository)"
        )
    document = tomllib.loads(known[name].read_text(encoding="utf-8"))
    description = str(document.pop("description", ""))
    declared = dict(_flat(document))
    open_tables = {table for table, values in document.items() if values == {}}
    overridden = {key: _checked(name, key, value, declared, open_tables) for key, value in overrides.items()}
    changed = ", ".join(f"{key}={value}" for key, value in overrides.items())
    return Target(
        name=f"{name} with {changed}" if changed else name,
        argv=(
            *(*PROGRAM, "start", "--version", name),
            *("--data-dir", "{data_dir}", "--host", "{host}"),
            *("--port", "{port}", "--metrics-port", "{metrics_port}"),
            *(word for key, value in overrides.items() for word in ("--set", f"{key}={value}")),
        ),
        ready="json-line",
        provenance=provenance(),
        version=name,
        overrides=dict(overrides),
        config={key: _text(value) for key, value in {**declared, **overridden}.items()},
        env=own_environment(),
        description=description,
    )


def _checked(
    name: str, key: str, value: str, declared: Mapping[str, Any], open_tables: AbstractSet[str]
) -> Any:
    """Read a value as the type that the release has there. Which texts a key takes only the broker knows.

    An empty table is open: its keys are numbers, and which they are only the broker knows, too.
    """
    opened = key.partition(".")[0] in open_tables
    if key not in declared and not opened:
        near = difflib.get_close_matches(key, declared, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(declared)}"
        raise BadInput(f"{name} has no setting {key!r}; {hint}")
    kind = float if opened else type(declared[key])
    try:
        if kind is bool:
            return {"true": True, "false": False}[value]
        return kind(value)
    except (KeyError, ValueError):
        wanted = {bool: "true or false", int: "a whole number", float: "a number"}[kind]
        example = "" if opened else f", such as {_text(declared[key])}"
        raise BadInput(f"{key} of {name} takes {wanted}{example}, not {value!r}") from None


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _text(value: Any) -> str:
    # As TOML and JSON write it, so that it compares with what the broker tells of itself.
    return str(value).lower() if isinstance(value, bool) else str(value)


RELEASE = Scheme(
    "release:",
    lambda name, asked: found_release(name, asked, "because it begins so"),
    lambda _: [f"shipped releases: {', '.join(known_releases())}"],
)
