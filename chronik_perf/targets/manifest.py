"""perf.toml: how the broker of a repository is built, started and stopped, read and checked word by word."""

from __future__ import annotations

import difflib
import shlex
import signal
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chronik_perf.environment import HASH_SEED
from chronik_perf.model import BadInput
from chronik_perf.targets.placeholders import check_names
from chronik_perf.targets.watched import check_metrics, check_ready_line

NAME = "perf.toml"
_SHOWN = 80  # letters of a value that is wrong

_TEXT, _NUMBER, _WORDS, _TABLE = "a text", "a number above 0", "a text or a list of texts", "a table of texts"
_LIST = "a list of texts"
_PORT = "a port, 1 to 65535"
_KEYS: Mapping[str, Mapping[str, str]] = {
    "build": {"command": _TEXT, "timeout_s": _NUMBER, "pass_env": _WORDS, "tools": _LIST},
    "start": {
        "command": _WORDS,
        "fixed_port": _PORT,
        "ready_timeout_s": _NUMBER,
        "ready_line": _TEXT,
        "stop_signal": _TEXT,
        "stop_grace_s": _NUMBER,
        "least_warm_up_s": _NUMBER,
    },
    "env": {},
    "metrics": {"url": _TEXT, "interesting": _LIST},
    "settings": {"override_with": _WORDS, "known": _TABLE},
    "gate": {"workloads": _WORDS, "budget": _TEXT, "thresholds": _TABLE},
}


@dataclass(frozen=True, slots=True)
class Gate:
    """What `perf gate` measures and by which thresholds, as it is written there; empty where nothing is."""

    workloads: tuple[str, ...] = ()
    budget: str = ""
    thresholds: dict[str, str] = field(default_factory=dict)


# What these are for is something else, and a broker that was sent one goes on, or never answers again.
_NO_ENDS = frozenset({"STOP", "TSTP", "TTIN", "TTOU", "CONT", "CHLD", "CLD", "URG", "WINCH"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a perf.toml says. `where` names it to people.

    `start` holds `{port}` and `{data_dir}`, and `{set}` where overrides go, each as `override_with` writes `{key}` and
    `{value}`. `settings` are those that may be overridden, with their values. `env` is all that the broker sees of the
    environment beside what every program needs; `pass_env` names the caller's variables that the build sees, and
    `tools` are commands that tell the versions of what it is built with.
    With a `fixed_port` the command need not hold `{port}`: the broker listens there whatever it is told.
    `ready_line` is a regular expression that a line of the log must match, empty where the port tells all.
    `metrics_url` may hold `{host}`, `{port}` and `{metrics_port}`; `interesting` are names of Prometheus metrics.
    """

    where: str
    start: tuple[str, ...]
    fixed_port: int | None = None
    build: str = ""
    build_timeout_s: float = 1800.0
    pass_env: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    override_with: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 15.0
    ready_line: str = ""
    stop_signal: str = "TERM"
    stop_grace_s: float = 3.0
    least_warm_up_s: float = 0.0
    metrics_url: str | None = None
    interesting: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)


def read_manifest(text: str, where: str) -> Manifest:
    """Read a perf.toml. Raises BadInput, which names the place, for what is unknown, missing or of a wrong type."""
    try:
        document = tomllib.loads(text)
        for section, table in document.items():
            if section not in _KEYS:
                raise BadInput(f"{where} has no section [{section}]{_near(section, _KEYS)}")
            if not isinstance(table, dict):
                raise BadInput(f"{where}: {section} must be a section, [{section}]")
            for key, value in table.items():
                _check(where, section, key, value)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{where} is not TOML: {error}") from None
    except ValueError as error:  # Python reads and writes no number of more than some thousand digits
        raise BadInput(f"{where} cannot be read: {_lower(error)}") from None
    except RecursionError:
        raise BadInput(f"{where} cannot be read: it is nested too deeply") from None
    build, start, settings, gate, metrics = (
        document.get(name, {}) for name in ("build", "start", "settings", "gate", "metrics")
    )
    if "command" not in start:
        raise BadInput(f"{where} does not say how to start the broker: give [start] a command with {{port}}")
    given: dict[str, Any] = {
        key: float(start[key])
        for key in ("ready_timeout_s", "stop_grace_s", "least_warm_up_s")
        if key in start
    }
    if "fixed_port" in start:
        given["fixed_port"] = start["fixed_port"]
    if "timeout_s" in build:
        given["build_timeout_s"] = float(build["timeout_s"])
    if "stop_signal" in start:
        given["stop_signal"] = start["stop_signal"].removeprefix("SIG")
    if "ready_line" in start:
        check_ready_line(where, start["ready_line"])
    manifest = Manifest(
        where=where,
        start=_words(where, "start", "command", start["command"]),
        build=build.get("command", ""),
        pass_env=_words(where, "build", "pass_env", build.get("pass_env", [])),
        tools=_commands(where, build.get("tools", [])),
        env=dict(document.get("env", {})),
        override_with=_words(where, "settings", "override_with", settings.get("override_with", [])),
        settings=dict(settings.get("known", {})),
        ready_line=start.get("ready_line", ""),
        metrics_url=metrics.get("url"),
        interesting=tuple(metrics.get("interesting", ())),
        gate=Gate(
            workloads=_words(where, "gate", "workloads", gate.get("workloads", [])),
            budget=gate.get("budget", ""),
            thresholds=dict(gate.get("thresholds", {})),
        ),
        **given,
    )
    _check_placeholders(manifest)
    check_metrics(
        where,
        manifest.metrics_url,
        manifest.interesting,
        manifest.start,
        fixed=manifest.fixed_port is not None,
    )
    return manifest


def _check(where: str, section: str, key: str, value: Any) -> None:
    if section == "env":
        wanted = _TEXT
        if not key or "=" in key or "\0" in key:
            raise BadInput(f"{where}: [env] cannot name a variable {key!r}")
        if key == HASH_SEED:
            raise BadInput(
                f"{where}: {key} in [env] is drawn anew for every start and cannot be set; leave it away"
            )
    elif key in _KEYS[section]:
        wanted = _KEYS[section][key]
    else:
        raise BadInput(f"{where}: [{section}] has no key {key!r}{_near(key, _KEYS[section])}")
    texts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
    if wanted == _NUMBER:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e6
    elif wanted == _PORT:
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536
    else:
        kinds: dict[str, tuple[type, ...]] = {
            _TEXT: (str,),
            _WORDS: (str, list),
            _TABLE: (dict,),
            _LIST: (list,),
        }
        fits = isinstance(value, kinds[wanted]) and all(isinstance(text, str) for text in texts)
    if not fits:
        raise BadInput(f"{where}: {key} in [{section}] must be {wanted}, not {_short(repr(value))}")
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise BadInput(f"{where}: {key} in [{section}] holds a zero byte, which no program can be given")


def _words(where: str, section: str, key: str, value: str | list[str]) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value) if isinstance(value, str) else value)
    except ValueError as error:
        raise BadInput(f"{where}: {key} in [{section}] cannot be read: {_lower(error)}") from None


def _commands(where: str, commands: list[str]) -> tuple[str, ...]:
    if not all(_words(where, "build", "tools", command) for command in commands):
        raise BadInput(f"{where}: tools in [build] has an empty command; give such as 'go version'")
    return tuple(commands)


def _check_placeholders(manifest: Manifest) -> None:
    where, command = manifest.where, " ".join(manifest.start)
    if not manifest.start:
        raise BadInput(f"{where}: command in [start] is empty")
    check_names(where, manifest.start, manifest.override_with)
    for placeholder, why in (
        *([("{port}", "be told where to listen")] if manifest.fixed_port is None else []),
        ("{data_dir}", "be given a folder of its own"),
    ):
        if placeholder not in command:
            raise BadInput(f"{where}: command in [start] does not say {placeholder}, so it cannot {why}")
    overriding = " ".join(manifest.override_with)
    if manifest.settings and ("{key}" not in overriding or "{value}" not in overriding):
        raise BadInput(
            f"{where}: [settings] needs override_with, such as '--set {{key}}={{value}}', to override what is known"
        )
    if manifest.settings and "{set}" not in manifest.start:
        raise BadInput(f"{where}: command in [start] does not say {{set}}, so no setting can be overridden")
    if f"SIG{manifest.stop_signal}" not in signal.Signals.__members__:
        raise BadInput(f"{where}: there is no signal {manifest.stop_signal!r} for stop_signal, such as TERM")
    if manifest.stop_signal in _NO_ENDS:
        raise BadInput(
            f"{where}: stop_signal SIG{manifest.stop_signal} ends no process; name one that does, as TERM"
        )


def _lower(error: ValueError) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _near(word: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
