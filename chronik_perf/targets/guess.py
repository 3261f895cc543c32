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
    document = _toml(folder / "Cargo.toml")
    programs = _cargo_programs(folder, document)
    for member in _texts(_table(document, "workspace").get("members")):
        for at in _folders(folder, member):
            programs += _cargo_programs(at, _toml(at / "Cargo.toml"))
    name = _likeliest(programs) or folder.resolve().name
    return "cargo build --release --locked", [f"target/release/{_word(name)}"]


def _cargo_programs(folder: Path, document: Mapping[str, Any]) -> list[str]:
    """Give the names of a package's programs; none of a library, and of a package that names none its own."""
    package = _table(document, "package")
    if not package:
        return []
    listed = document.get("bin")
    names = [one.get("name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not names and ((folder / "src" / "main.rs").is_file() or not (folder / "src").is_dir()):
        names = [package.get("name")]
    return [name for name in (package.get("default-run"), *names) if isinstance(name, str) and name]


def _go(folder: Path) -> tuple[str, list[str]]:
    commands = sorted(p.name for p in (folder / "cmd").glob("*") if p.is_dir() and p.name.isprintable())
    built = shlex.quote(f"./cmd/{_likeliest(commands)}") if commands else "."
    return f"go build -o perf-broker {built}", ["./perf-broker"]


def _maven(folder: Path) -> tuple[str, list[str]]:
    try:
        root = ElementTree.parse(folder / "pom.xml").getroot()
    except (ElementTree.ParseError, OSError, ValueError, LookupError):
        root = ElementTree.Element("project")
    at = _MAVEN if root.tag.startswith(_MAVEN) else ""
    name = _word(root.findtext(f"{at}artifactId"))
    # As Maven has it: a version that is not said is the parent's.
    version = _word(root.findtext(f"{at}version"), root.findtext(f"{at}parent/{at}version") or "1.0")
    jar = root.findtext(f"{at}build/{at}finalName") or f"{name}-{version}"
    return "mvn -q -B -DskipTests package", ["java", "-jar", f"target/{_word(jar)}.jar"]


def _python(folder: Path) -> tuple[str, list[str]]:
    document = _toml(folder / "pyproject.toml")
    poetry = _table(_table(document, "tool"), "poetry")
    project = _table(document, "project") or poetry
    name = _word(_likeliest(sorted(_table(project, "scripts"))) or project.get("name"))
    return "python3 -m venv .venv && .venv/bin/pip install -q .", [f".venv/bin/{name}"]


_GUESSES: Mapping[str, Callable[[Path], tuple[str, list[str]]]] = {
    "Cargo.toml": _cargo,
    "go.mod": _go,
    "pom.xml": _maven,
    "pyproject.toml": _python,
}


def _likeliest(programs: list[str]) -> str:
    """Give the program that sounds most like a broker, else the first; empty where there is none."""
    sounding = [p for word in ("broker", "server", "serve") for p in programs if word in p.lower()]
    return (sounding or programs or [""])[0]


def _folders(folder: Path, pattern: str) -> list[Path]:
    """Give the folders inside of a folder that a pattern such as crates/* names."""
    try:
        found = sorted(folder.glob(pattern))
    except (OSError, ValueError, NotImplementedError, IndexError):
        return []
    return [at for at in found if ".." not in at.parts and at.is_dir()]


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []


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
