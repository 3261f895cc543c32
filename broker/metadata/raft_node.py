"""One pysyncobj node on the event loop, and its write lock.

A tick takes what was proposed into the log, brings it to disk and commits it. The write lock is held for
the length of a tick, the time on disk included, which a worker thread spends so that the loop goes on.
"""

from __future__ import annotations

import _socket
import asyncio
import contextlib
import json
import logging
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pysyncobj.syncobj
from pysyncobj import FAIL_REASON, SyncObj, SyncObjConf, SyncObjException, replicated

from broker.metadata.interface import MetadataError
from broker.metadata.journal import CheckedJournal, Entry
from broker.metadata.state_machine import RELAXED_TAG, Outcome, StateMachine

TICK_S = 0.05
"""How long a proposal that nobody waits for may wait; pysyncobj's own tick. Others tick at once."""

IDLE_TICK_S = 0.5
"""How often a node without proposals looks after its timers and its port."""

COMPACT_AFTER_ENTRIES = 50_000
"""Bounds the journal (5 MB of offsets), the log in memory (12 MB) and what a restart replays (0.2 s)."""

_READY_LIMIT_S = 5.0
_NEVER = 2**60
_RELAXED = RELAXED_TAG.encode()

Done: TypeAlias = Callable[[Outcome], None]
"""Called with what came of a proposal."""

# pysyncobj 0.3.17 puts functions for Windows in the place of these, on every platform.
socket.inet_ntop = _socket.inet_ntop
socket.inet_pton = _socket.inet_pton
logging.getLogger("pysyncobj").setLevel(logging.CRITICAL)

_make_journal = pysyncobj.syncobj.createJournal
# A configuration of ours holds the journal itself where pysyncobj expects a file's name.
pysyncobj.syncobj.createJournal = lambda given: (
    given if isinstance(given, CheckedJournal) else _make_journal(given)
)


class _Replica(SyncObj):  # type: ignore[misc]
    """What pysyncobj replicates: a call of ``apply`` with a command's text."""

    def __init__(self, conf: SyncObjConf, machine: StateMachine) -> None:
        self._machine = machine
        # Port 0: the kernel picks one, and no peer needs to know it yet.
        super().__init__("127.0.0.1:0", [], conf)

    @replicated  # type: ignore[untyped-decorator]
    def apply(self, text: str) -> Outcome:
        return self._machine.apply_text(text)


def _forces_sync(command: bytes) -> bool:
    return _RELAXED not in command


class RaftNode:
    """A node alone in its group; everything is called on the event loop.

    ``write_lock`` is for who proposes relaxed commands; see ``propose``.
    """

    def __init__(self, path: Path, machine: StateMachine) -> None:
        self._path = path
        self._machine = machine
        self._failure: MetadataError | None = None
        self._waiting: set[Done] = set()
        self._woken: asyncio.Future[None] | None = None
        self._due: asyncio.TimerHandle | None = None
        self._hurried = False
        self._closing = False
        self._ticking: asyncio.Task[None] | None = None
        self.write_lock = asyncio.Lock()

    async def start(self) -> None:
        """Recover, elect and apply the log. Raises MetadataError, OSError."""
        self._journal = CheckedJournal(self._path, _forces_sync)
        if self._journal.cut_bytes:
            _say(f"the metadata journal ended in {self._journal.cut_bytes} torn bytes, which are cut off")
        if self._journal.state is not None:
            self._machine.restore(json.loads(self._journal.state))
        loop = asyncio.get_running_loop()
        try:
            self._replica = _Replica(self._configuration(), self._machine)
            deadline_s = loop.time() + _READY_LIMIT_S
            while not self._replica.isReady():
                self._replica.doTick(0.0)
                if loop.time() > deadline_s:
                    raise MetadataError(f"the Raft node was not elected within {_READY_LIMIT_S:g} s")
                await asyncio.sleep(0.001)
        except SyncObjException as error:
            raise MetadataError("the Raft node found no free port on 127.0.0.1") from error
        except ValueError as error:
            raise MetadataError(
                f"the metadata journal {self._path} is of a later version: {error}"
            ) from error
        self._ticking = asyncio.create_task(self._tick_until_closed())

    def _configuration(self) -> SyncObjConf:
        def last_and_previous(_: str) -> tuple[Entry, Entry, None]:
            return self._journal[1], self._journal[0], None

        def never(*_: object) -> None:
            raise NotImplementedError

        compacted = self._journal.state is not None
        return SyncObjConf(
            autoTick=False,
            # Peers unpickle what they are sent: nobody who does not know this may send anything.
            password=secrets.token_urlsafe(32),
            bindAddress="127.0.0.1:0",
            maxBindRetries=1,
            commandsQueueSize=0,
            journalFile=self._journal,
            # Also the longest that one tick takes commands.
            appendEntriesPeriod=0.002,
            # An election that nobody else can win need not wait for others to begin one.
            raftMinTimeout=0.0065,
            raftMaxTimeout=0.007,
            # pysyncobj's compaction forks, and its snapshot and journal can disagree after a kill. Ours is
            # in the journal; all that pysyncobj has to learn is which entries the state holds already.
            logCompactionMinEntries=_NEVER,
            logCompactionMinTime=_NEVER,
            fullDumpFile=str(self._path) if compacted else None,
            deserializer=last_and_previous if compacted else None,
            serializer=never if compacted else None,
        )

    async def close(self) -> None:
        """Commit what was proposed and release the file and the port; may be called twice."""
        if self._ticking is None:
            return
        self._closing = True
        self._wake()
        await self._ticking
        self._ticking = None
        if self._failure is None:
            await self._tick()
        with contextlib.suppress(OSError):  # said when it failed first
            self._replica.destroy()
        self._give_up(self._failure or MetadataError("the metadata store is closed"))

    def propose(self, text: str, done: Done | None = None) -> None:
        """Hand a command to the log; ``done`` hears of it once it is committed and applied.

        Without ``done`` nothing hurries, the tick that is due anyway takes it. Raises MetadataError.
        """
        if self._failure is not None:
            raise self._failure
        if done is None:
            self._replica.apply(text)
            if self._due is None:
                self._due = asyncio.get_running_loop().call_later(TICK_S, self._wake)
            return
        self._waiting.add(done)

        def committed(outcome: Outcome, reason: int) -> None:
            self._waiting.discard(done)
            if reason != FAIL_REASON.SUCCESS:
                outcome = MetadataError(f"the metadata log did not take the change (reason {reason})")
            done(outcome)

        self._replica.apply(text, callback=committed)
        self._wake()

    async def _tick_until_closed(self) -> None:
        loop = asyncio.get_running_loop()
        while self._failure is None and not self._closing:
            if not self._hurried:
                # Not wait_for, which makes a task each time: tasks created are what telemetry counts.
                self._woken = loop.create_future()
                timer = loop.call_later(IDLE_TICK_S, self._wake)
                await self._woken
                timer.cancel()
            self._hurried = False
            if self._due is not None:
                self._due.cancel()
                self._due = None
            await self._tick()

    def _wake(self) -> None:
        self._hurried = True
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _tick(self) -> None:
        async with self.write_lock:
            try:
                self._replica.doTick(0.0)
                # What one tick takes into the log the next one finds on disk and commits.
                while self._journal.to_flush:
                    if len(self._journal) > COMPACT_AFTER_ENTRIES:
                        state = json.dumps(self._machine.as_json()).encode()
                        self._journal.compact(state, self._replica.raftLastApplied)
                    await asyncio.to_thread(self._journal.flush)
                    self._replica.doTick(0.0)
            except Exception as error:
                # What a peer's bytes set off ends with this tick; what the disk did, is for good.
                if not self._journal.failed:
                    return
                why = error.strerror if isinstance(error, OSError) and error.strerror else error
                self._give_up(
                    MetadataError(
                        f"the metadata journal {self._path} cannot be written: {why}; "
                        "topics stay as they are until the broker is started again"
                    )
                )
                _say(str(self._failure))

    def _give_up(self, failure: MetadataError) -> None:
        self._failure = failure
        waiting, self._waiting = self._waiting, set()
        for done in waiting:
            done(failure)


def _say(sentence: str) -> None:
    print(f"chronik: {sentence}", file=sys.stderr, flush=True)
