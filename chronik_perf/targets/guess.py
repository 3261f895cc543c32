"""A first perf.toml, from what lies at the root of a repository."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

_MAVEN = "{http://maven.apache.org/POM/4.0.0}"


def guess(folder: Path) -> tuple[str, str]:
    """Give what was found there, to people, and the text of a perf.toml."""
    for file, by in _GUESSES.items():
        if (folder / file).is_file():
            build, start = by(folder)
            return f"guessed from {file}", _text(file, build, start)
    return "with a broker to fill in, since nothing there tells a language", _text(None, "make", ["./broker"])


def _cargo(folder: Path) -> tuple[str, list[str]]:
    name = _toml(folder / "Cargo.toml").get("package", {}).get("name", folder.resolve().name)
    return "cargo build --release --locked", [f"target/release/{name}"]


def _go(folder: Path) -> tuple[str, list[str]]:
    commands = sorted(p.name for p in (folder / "cmd").glob("*") if p.is_dir())
    return f"go build -o perf-broker {f'./cmd/{commands[0]}' if commands else '.'}", ["./perf-broker"]


def _maven(folder: Path) -> tuple[str, list[str]]:
    try:
        root = ElementTree.parse(folder / "pom.xml").getroot()
    except (ElementTree.ParseError, OSError):
        root = ElementTree.Element("project")
    name = root.findtext(f"{_MAVEN}artifactId") or "broker"
    version = root.findtext(f"{_MAVEN}version") or "1.0"
    return "mvn -q -B -DskipTests package", ["java", "-jar", f"target/{name}-{version}.jar"]


def _python(folder: Path) -> tuple[str, list[str]]:
    project = _toml(folder / "pyproject.toml").get("project", {})
    scripts = sorted(project.get("scripts", {}))
    name = scripts[0] if scripts else project.get("name", "broker")
    return "python3 -m venv .venv && .venv/bin/pip install -q .", [f".venv/bin/{name}"]


_GUESSES: Mapping[str, Callable[[Path], tuple[str, list[str]]]] = {
    "Cargo.toml": _cargo,
    "go.mod": _go,
    "pom.xml": _maven,
    "pyproject.toml": _python,
}


def _toml(path: Path) -> dict[str, dict[str, str]]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError):
        return {}


def _text(file: str | None, build: str, start: list[str]) -> str:
    command = [*start, "--port", "{port}", "--data-dir", "{data_dir}"]
    words = ", ".join(f'"{word}"' for word in command)
    jit = file == "pom.xml"
    return f"""\
# How perf builds, starts and stops this broker. Every key: docs/cli.md of Chronik Perf, "perf.toml".

[build]
# Run by sh at the root of a checkout of the commit, once a commit; leave it away if there is nothing to build.
command = "{build}"
timeout_s = 1800
# The build sees PATH, HOME and the like, and these variables of yours:
pass_env = []

[start]
# {{port}} is where it must listen and {{data_dir}} the folder it may write to; {{metrics_port}}, where it has one, is
# where it serves Prometheus metrics at /metrics; {{host}} is the address; {{set}}, a word of its own, is where
# overrides go.
command = [{words}]
# It is ready when its port accepts a connection.
ready_timeout_s = {60 if jit else 15}
stop_signal = "TERM"
stop_grace_s = 5
# Seconds of load before anything counts: what compiles while it runs needs more than a slice.
{"" if jit else "# "}least_warm_up_s = {5 if jit else 2}

[env]
# All that the broker sees of the environment, beside PATH, HOME and the like.

# [settings]
# override_with = ["--set", "{{key}}={{value}}"]
# known = {{ "flush.interval" = "1" }}
"""
