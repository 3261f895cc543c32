"""What is measured: how to start one version of a broker, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the measured program came from. `dirty` is True for uncommitted changes, None where unknown."""

    source: str  # "checkout", "wheel", "command", "git", "worktree", "running"
    commit: str | None
    dirty: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One version of a broker as something that can be started, or as one that runs already.

    `argv` may hold `{host}`, `{port}`, `{metrics_port}` and `{data_dir}`. `ready` tells how readiness shows:
    "json-line" is one line of JSON on stdout with `port`, `metrics_port` and `config`; "port" is that the
    port accepts a connection. `config` is the configuration as declared, flat, dotted keys. `cwd` is the folder in
    which it is started; None is the caller's. It is asked to stop by `stop_signal`, killed `stop_grace_s` later, and
    loaded for at least `least_warm_up_s` before anything counts. `version` is what was asked for, without `overrides`:
    a release, a ref or a command; with the provenance it says what to measure to measure the same again.

    `built_with` is what its build saw, secrets replaced: variables by name, and what tools said by their commands.

    `fixed_port` is where it listens whatever it is told; two such brokers are never up at once.

    Where `ready_line` is not empty, a line of the log must match this regular expression, too, before it is ready.
    `interesting` are Prometheus metrics of its own that are shown as evidence.

    `address` (host:port) is where a broker serves that perf does not start; it has no `argv`. `metrics_url` is where
    its metrics are, if that is known; of one that perf starts it may hold `{host}`, `{port}` and `{metrics_port}`, and
    is /metrics at the port for metrics unless it is given.
    """

    name: str
    argv: tuple[str, ...]
    ready: Literal["json-line", "port"]
    provenance: Provenance
    version: str = ""  # empty in documents from before it was kept
    overrides: dict[str, str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    built_with: dict[str, str] = field(default_factory=dict)
    description: str = ""
    cwd: str | None = None
    fixed_port: int | None = None
    ready_timeout_s: float = 15.0
    ready_line: str = ""
    stop_signal: str = "TERM"
    stop_grace_s: float = 3.0
    least_warm_up_s: float = 0.0
    address: str | None = None
    metrics_url: str | None = None
    interesting: tuple[str, ...] = ()

    @property
    def runs_already(self) -> bool:
        """Tell whether perf finds this broker running instead of starting it."""
        return self.address is not None


Side: TypeAlias = Literal["base", "candidate"]
SIDES: tuple[Side, Side] = ("base", "candidate")
