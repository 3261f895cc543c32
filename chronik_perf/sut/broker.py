"""One broker process, from start to stop."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from chronik_perf.leash import Child, StopOutcome
from chronik_perf.model import MeasurementFailed, Target
from chronik_perf.network import HOST, Network
from chronik_perf.sut import listeners
from chronik_perf.sut.command import command_line, free_ports, metrics_address
from chronik_perf.sut.environment import broker_environment
from chronik_perf.sut.log_tail import ReadyLine, SaidReady, quoted, quoted_start
from chronik_perf.sut.owner import Owner
from chronik_perf.sut.stopping import Stopping

_POLL_S = 0.002
_ENDING_S = 0.3


class BrokerProcess:
    """A started broker that serves. `pid` is the process that listens, also when a wrapper started it (see `owner`).

    `metrics_port` is None where there are no metrics; `config` is the effective configuration as the broker
    told it, else as the target declares it; `environment` all that it sees of the environment; `ready_s`
    the seconds from start until it served.
    """

    def __init__(
        self, target: Target, host: str, child: Child, log_path: Path, wrapped: bool, network: Network
    ) -> None:
        self.target = target
        self.host = host
        self.log_path = log_path
        self.environment: dict[str, str] = {}
        self.port = 0
        self.metrics_port: int | None = None
        self.config = dict(target.config)
        self.ready_s = 0.0
        self._child = child
        self._wrapped = wrapped
        self._network = network
        self.owner = Owner(child.pid)
        self._stopping = Stopping(child, target, log_path)

    @classmethod
    def start(
        cls,
        target: Target,
        *,
        data_dir: Path,
        host: str = "127.0.0.1",
        core: int | None,
        hash_seed: int,
        log_path: Path,
        ready_timeout_s: float | None = None,
        wrap: Sequence[str] = (),
        network: Network = HOST,
    ) -> Self:
        """Start a target, pinned to `core`, and wait until it serves: `ready_timeout_s`, else as the target says.

        `wrap` is a command put in front of it; `network` is where it listens. Raises MeasurementFailed, with everything
        ended again, if it dies, is not ready in time, or if another process listens on its port.
        """
        begun = time.monotonic()
        patience_s = target.ready_timeout_s if ready_timeout_s is None else ready_timeout_s
        with network.entered():
            # A broker that tells its port chooses it itself; for another one a free port is looked for, and
            # whoever takes it in between is found out by the check of its owner.
            tells = target.ready == "json-line"
            port, metrics_port = (0, 0) if tells else free_ports(host, 2)
            port = target.fixed_port or port
            command = [*wrap, *command_line(target.argv, host, port, metrics_port, data_dir.absolute())]
            environment = broker_environment(target.env, hash_seed)
            log_path.unlink(missing_ok=True)
            child = Child(command, env=environment, core=core, log_path=log_path, cwd=target.cwd)
            broker = cls(target, host, child, log_path, bool(wrap), network)
            broker.environment = environment
            try:
                if tells:
                    broker._await_ready_line(patience_s)
                else:
                    broker.port = port
                    broker._await_port(patience_s, begun)
                    if any("{metrics_port}" in word for word in target.argv):
                        broker.metrics_port = metrics_port
                broker.verify_owner()
                broker.ready_s = time.monotonic() - begun
            except BaseException:
                broker.kill()
                raise
        return broker

    @property
    def pid(self) -> int:
        """The broker's own process: the one that listens."""
        return self.owner.pid

    @property
    def is_the_command(self) -> bool:
        """Tell whether the broker is the very process that was started, and no child of it."""
        return self.pid == self._child.pid

    @property
    def metrics_url(self) -> str | None:
        """Where its metrics are; None where there are none."""
        return metrics_address(self.target.metrics_url, self.host, self.port, self.metrics_port)

    def failure(self) -> str | None:
        """Say in a sentence that the broker has ended, and how; None while it runs."""
        if self._stopping.done:
            return f"{self.target.name} has been stopped"
        gone = self.owner.gone
        if gone and self.pid == self._child.pid:
            self._child.wait(_ENDING_S)  # it has ended, or is about to have; how is known in a moment
        if self._child.ended():
            if not self.ready_s:
                return self._died_at_start()
            return f"{self.target.name} {self._child.ending()} while it was measured{quoted(self.log_path)}"
        if gone:
            return (
                f"the broker process {self.pid} of {self.target.name} has ended while it was measured, "
                f"though the command that started it still runs{quoted(self.log_path)}"
            )
        return None

    def verify_owner(self) -> None:
        """Check that this broker, and nobody else, listens on its port, and that it is still the same process.

        Costs well below a millisecond. Raises MeasurementFailed, one sentence that names the stranger.
        """
        if not self._listens():
            raise MeasurementFailed(
                self.failure_soon()
                or f"{self.target.name} (process {self.pid}) runs, but nothing listens on its port "
                f"{self.port} any more{quoted(self.log_path)}"
            )

    def cause_of(self, error: MeasurementFailed) -> MeasurementFailed:
        """Give what lies behind a failed request: the broker's end or a stranger on its port, else the error itself.

        The version is named by all of them: of two that are compared the address alone tells nothing.
        """
        try:
            self.verify_owner()
        except MeasurementFailed as found:
            return found
        return MeasurementFailed(f"while {self.target.name} was measured: {error}")

    def ask_to_stop(self) -> None:
        """Send it its signal, and come back while it stops. Harmless where it was asked, or has ended."""
        # What wraps the broker, as a profiler, is not asked: it may still have to write when the broker is gone.
        self._stopping.ask({self.pid} if self._wrapped else {self.pid, self._child.pid})

    def stop(self, grace_s: float | None = None) -> StopOutcome:
        """Ask the broker to stop, kill what has not after `grace_s` (else the target's), and wait for all of it.

        Safe to call again: the first outcome is given once more.
        """
        self.ask_to_stop()
        return self._stopping.wait(self.target.stop_grace_s if grace_s is None else grace_s)

    def kill(self) -> StopOutcome:
        """End everything at once, without asking, and wait until nothing is left."""
        return self._stopping.kill()

    def _await_ready_line(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        line = ReadyLine(self.log_path)
        while (said := line.poll()) is None:
            self._keep_waiting(timeout_s, deadline)
        self.port = said.port
        self.metrics_port = said.metrics_port
        self.config = said.config or self.config

    def _await_port(self, timeout_s: float, begun: float) -> None:
        deadline, pattern = begun + timeout_s, self.target.ready_line
        line = SaidReady(self.log_path, pattern)
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection((self.host, self.port), timeout=1).close()
                # What answered and is gone again was somebody else's, for a moment and before the broker came.
                if self._listens():
                    break
            self._keep_waiting(timeout_s, deadline)
        lacking = f": no line of its log matches its ready_line {pattern!r}"
        while pattern and not line.poll():
            self._keep_waiting(timeout_s, deadline, lacking)

    def _keep_waiting(self, timeout_s: float, deadline: float, lacking: str = "") -> None:
        if self._child.ended():
            stranger = listeners.strangers(self.host, self.port, self._network) if self.port else ""
            raise MeasurementFailed(f"{self._died_at_start()}{stranger}")
        if time.monotonic() > deadline:
            late = f"{self.target.name} was not ready within {timeout_s:g} s"
            raise MeasurementFailed(f"{late}{lacking}{quoted(self.log_path)}")
        time.sleep(_POLL_S)

    def _died_at_start(self) -> str:
        return f"{self.target.name} {self._child.ending()} before it was ready{quoted_start(self.log_path)}"

    def _listens(self) -> bool:
        """Tell whether it listens, or nobody does. Raises MeasurementFailed if it has ended, or for a stranger."""
        failure = self.failure()
        if failure:
            raise MeasurementFailed(failure)
        inodes = listeners.listening_inodes(self.host, self.port, self._network)
        return bool(inodes) and all(self.owner.holds(inode) or self._soon_gone(inode) for inode in inodes)

    def _soon_gone(self, inode: int) -> bool:
        """Look again at a listener that is not the broker, and name the stranger that has it."""
        failure = self.failure_soon()
        if failure is None and inode not in listeners.listening_inodes(self.host, self.port, self._network):
            # A port that was being closed has a listener without a holder for an instant.
            return self._listens()
        raise MeasurementFailed(
            failure
            or f"port {self.port} does not belong to {self.target.name} (process {self.pid}): "
            f"{listeners.describe_holder(inode)} listens there; stop it, or let the broker choose another port"
        )

    def failure_soon(self, patience_s: float = _ENDING_S) -> str | None:
        """Like `failure`, with patience: a process that is ending closes its port before it is known to have ended."""
        deadline = time.monotonic() + patience_s
        while (failure := self.failure()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return failure
