"""The broker's configuration: read from a release's TOML, overridden by --set, then frozen.

A release file holds every key; nothing has a default here, so that two releases can be compared key by
key. The type of a key is the type of its dataclass field. Only faults are named when they are wanted: a
key ``fault.NAME`` that is absent, or 0, is a fault that is off, and what names there are is asked of
``broker.faults`` only when one is given.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

RELEASES_DIR = Path(__file__).with_name("releases")
_FAULT = "fault"
_NUMBER = r"\d+|\d*\.\d+"


class ConfigError(Exception):
    """A version, key or value that cannot be used; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class MetadataConfig:
    store: Literal["metalog", "raft"]


@dataclass(frozen=True, slots=True)
class RaftConfig:
    """``apply``: what happens to a partition offset after it was applied in place on a single node.

    ``in-place`` is all there is to it; ``spawn`` also starts a task per call that serialises the command,
    takes the node's lock and proposes it to the log.
    """

    apply: Literal["in-place", "spawn"]


@dataclass(frozen=True, slots=True)
class WalConfig:
    """``worker`` decides when a commit begins, ``profile`` how much one may take and the longest wait.

    ``min_queue_depth`` (batches) and ``commit_sleep_ms`` are read by the ``altered`` worker only.
    ``queue_max_bytes`` bounds what one partition may have waiting for a commit.
    """

    worker: Literal["notify-or-timer", "altered"]
    profile: Literal["low", "medium", "high", "ultra"]
    min_queue_depth: int
    commit_sleep_ms: float
    segment_max_bytes: int
    segment_max_age_s: float
    queue_max_bytes: int


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    max_frame_bytes: int
    max_in_flight_requests: int


@dataclass(frozen=True, slots=True)
class TopicsConfig:
    auto_create: bool
    default_partitions: int
    max_partitions: int


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    enabled: bool


@dataclass(frozen=True, slots=True)
class BrokerConfig:
    """A complete configuration; the sections are the tables of a release's TOML.

    ``fault`` holds the strengths that were given, by the name of the fault.
    """

    metadata: MetadataConfig
    raft: RaftConfig
    wal: WalConfig
    network: NetworkConfig
    topics: TopicsConfig
    telemetry: TelemetryConfig
    fault: Mapping[str, float]

    def flat(self) -> dict[str, str | int | float | bool]:
        """The configuration as dotted keys, in the order of the release files."""
        flat = {
            f"{section}.{key.name}": getattr(getattr(self, section), key.name)
            for section, cls in _SECTIONS.items()
            for key in fields(cls)
        }
        return {**flat, **{f"{_FAULT}.{name}": strength for name, strength in self.fault.items()}}


_SECTIONS: dict[str, type[Any]] = {
    name: hint for name, hint in get_type_hints(BrokerConfig).items() if name != _FAULT
}
_KEYS: dict[str, Any] = {
    f"{section}.{key}": hint
    for section, cls in _SECTIONS.items()
    for key, hint in get_type_hints(cls).items()
}


def release_names() -> list[str]:
    """The versions that can be started, in order of name."""
    return sorted(path.stem for path in RELEASES_DIR.glob("*.toml"))


def load_config(version: str, overrides: list[str]) -> BrokerConfig:
    """The configuration of a release with ``key=value`` overrides applied. Raises ConfigError."""
    known = release_names()
    if version not in known:
        raise ConfigError(f"unknown version {version!r}; known versions are {', '.join(known)}")
    with (RELEASES_DIR / f"{version}.toml").open("rb") as file:
        tables = tomllib.load(file)
    tables.pop("description", None)
    faults = tables.pop(_FAULT, {})
    values = {f"{section}.{key}": value for section, table in tables.items() for key, value in table.items()}
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"--set takes key=value, got {override!r}")
        table, _, name = key.partition(".")
        if table == _FAULT:
            faults[name] = float(text) if re.fullmatch(_NUMBER, text) else text
            continue
        if key not in _KEYS:
            raise ConfigError(f"unknown key {key!r} in --set; known keys are {', '.join(_KEYS)}")
        values[key] = _parse(key, text)
    if strange := sorted(values.keys() ^ _KEYS.keys()):
        raise ConfigError(f"release {version} is not a complete configuration: see {', '.join(strange)}")
    for key, value in values.items():
        _check(key, value)
    return BrokerConfig(
        fault={name: _strength(name, value) for name, value in faults.items()},
        **{
            section: cls(**{key.name: values[f"{section}.{key.name}"] for key in fields(cls)})
            for section, cls in _SECTIONS.items()
        },
    )


def _strength(name: str, value: object) -> float:
    from broker.faults.registry import NAMES, fault

    if name not in NAMES:
        raise ConfigError(f"unknown fault {name!r}; known faults are {', '.join(NAMES)}")
    known = fault(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= known.at_most:
        return float(value)
    wanted = "a number of 0 or more" if known.at_most == inf else f"a number from 0 to {known.at_most:g}"
    raise ConfigError(f"{_FAULT}.{name} takes {wanted} ({known.unit}), got {value!r}")


def _parse(key: str, text: str) -> str | int | float | bool:
    hint = _KEYS[key]
    if hint is bool and text in ("true", "false"):
        return text == "true"
    if hint in (int, float) and re.fullmatch(r"\d+", text):
        return hint(text)  # type: ignore[no-any-return]
    if hint is float and re.fullmatch(_NUMBER, text):
        return float(text)
    if get_origin(hint) is Literal:
        return text
    raise ConfigError(f"{key} takes {_wanted(hint)}, got {text!r}")


def _check(key: str, value: object) -> None:
    hint = _KEYS[key]
    if get_origin(hint) is Literal:
        good = value in get_args(hint)
    elif hint is float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    elif hint is int:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    else:
        good = isinstance(value, hint)
    if not good:
        raise ConfigError(f"{key} takes {_wanted(hint)}, got {value!r}")


def _wanted(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(get_args(hint))
    return {bool: "true or false", int: "a whole number of 1 or more", float: "a number of 0 or more"}[hint]
