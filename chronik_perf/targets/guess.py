"""A first perf.toml, from what lies at the root of a repository."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

_MAVEN = "{http://maven.apache.org/POM/4.0.0}"


def guess(folder: Path) -> tuple[str, str, str]:
    """Give what was found there, to people, the command line that starts the broker, and the text of a perf.toml."""
    for file, by in _GUESSES.items():
        if (folder / file).is_file():
            build, start = by(folder)
            return f"guessed from {file}", shlex.join(start), _text(file, build, start)
    unknown = "with a broker to fill in, since nothing there tells a language"
    return unknown, "./broker", _text(None, "make", ["./broker"])


def _cargo(folder: Path) -> tuple[str, list[str]]:
    name = _table(_toml(folder / "Cargo.toml"), "package").get("name")
    return "cargo build --release --locked", [f"target/release/{_word(name, folder.resolve().name)}"]


def _go(folder: Path) -> tuple[str, list[str]]:
    commands = sorted(p.name for p in (folder / "cmd").glob("*") if p.is_dir() and p.name.isprintable())
    built = shlex.quote(f"./cmd/{commands[0]}") if commands else "."
    return f"go build -o perf-broker {built}", ["./perf-broker"]


def _maven(folder: Path) -> tuple[str, list[str]]:
    try:
        root = ElementTree.parse(folder / "pom.xml").getroot()
    except (ElementTree.ParseError, OSError, ValueError, LookupError):
        root = ElementTree.Element("project")
    name = _word(root.findtext(f"{_MAVEN}artifactId"))
    version = _word(root.findtext(f"{_MAVEN}version"), "1.0")
    return "mvn -q -B -DskipTests package", ["java", "-jar", f"target/{name}-{version}.jar"]


def _python(folder: Path) -> tuple[str, list[str]]:
    project = _table(_toml(folder / "pyproject.toml"), "project")
    scripts = sorted(_table(project, "scripts"))
    name = _word(scripts[0] if scripts else project.get("name"))
    return "python3 -m venv .venv && .venv/bin/pip install -q .", [f".venv/bin/{name}"]


_GUESSES: Mapping[str, Callable[[Path], tuple[str, list[str]]]] = {
    "Cargo.toml": _cargo,
    "go.mod": _go,
    "pom.xml": _maven,
    "pyproject.toml": _python,
}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError, OSError):
        return {}


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Give a section; an empty one where there is something else."""
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _word(found: object, otherwise: str = "broker") -> str:
    """Give what was found if it can be a file's name, else another word that can."""
    return next((w for w in (found, otherwise) if isinstance(w, str) and w and w.isprintable()), "broker")


def _text(file: str | None, build: str, start: list[str]) -> str:
    command = [*start, "--port", "{port}", "--data-dir", "{data_dir}"]
    words = ", ".join(_quoted(word) for word in command)
    jit = file == "pom.xml"
    return f"""\
# How perf builds, starts and stops this broker. Every key: docs/cli.md of Chronik Perf, "perf.toml".

[build]
# Run by sh at the root of a checkout of the commit, once a commit; leave it away if there is nothing to build.
command = {_quoted(build)}
timeout_s = 1800
# The build sees PATH, HOME and the like, and these variables of yours:
pass_env = []

[start]
# {{port}} is where it must listen and {{data_dir}} the folder it may write to; {{metrics_port}}, where it has one, is
# where it serves Prometheus metrics at /metrics; {{host}} is the address; {{set}}, a word of its own, is where
# overrides go. --port and --data-dir are a guess at this broker's own flags.
command = [{words}]
# It is ready when its port accepts a connection and, if that is too early, a line of its log matches this, too:
# ready_line = "started in [0-9]+ ms"
ready_timeout_s = {60 if jit else 15}
stop_signal = "TERM"
stop_grace_s = 5
# Seconds of load before anything counts: what compiles while it runs needs more than a slice.
{"" if jit else "# "}least_warm_up_s = {5 if jit else 2}

[env]
# All that the broker sees of the environment, beside PATH, HOME and the like.

# [metrics]
# url = "http://{{host}}:{{metrics_port}}/metrics"
# interesting = ["log_flushes_total"]

# What perf gate measures, for how long, and from which loss on it fails; a change may not loosen its own.
# [gate]
# workloads = ["acks1", "raw"]
# budget = "3m"
# thresholds = {{ "throughput@acks1" = "5%" }}

# [settings]
# override_with = ["--set", "{{key}}={{value}}"]
# known = {{ "flush.interval" = "1" }}
"""


def _quoted(word: str) -> str:
    # A text of JSON is one of TOML, too, where no letter is escaped as a pair of surrogates.
    return json.dumps(word, ensure_ascii=False)
