"""Profiles of what is probed: the CPU while a broker is asked, gets connections and starts again, and a stop's time.

They are taken apart from the probes themselves, whose times a profiler would spoil, and of brokers in Python alone:
another profiler takes longer to begin and to end than all that is asked.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from chronik_perf.experiment.evidence.restart import log_of, restart, waited_on
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import CONNECTED_S, SOON_S
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import (
    COME_AND_GO,
    MOST_COMING,
    AskedLog,
    ask_for_work,
    consume,
    keep_coming,
)
from chronik_perf.model import (
    ASKED,
    CONNECTED,
    RESTARTED,
    STOPPED,
    MeasurementFailed,
    Phase,
    Profile,
    Unavailable,
    known,
)
from chronik_perf.network import Network
from chronik_perf.sampling import profilers
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sampling.profilers.recording import Recording
from chronik_perf.sut import BrokerProcess

# A phase is no load: figures for 1,000 messages are those for one phase.
PER_PHASE = 1000
SCRAPES, SCRAPES_S = 10, 1.0
# A start takes so much longer at the most when it is sampled.
PROFILED_RESTART = 2.0
PROFILER_BEGINS_S = 2.0
# One that leaks three descriptors with each connection is to have some left.
LEAKED = 0.25


def while_asked(rig: Rig, network: Network, filled: AskedLog | None) -> tuple[Profile, ...]:
    """Put those questions once more that are work for a broker, and profile it; none without a `filled` topic."""
    pid = rig.broker.pid
    if isinstance(pid, Unavailable) or filled is None or not profilers.profiles_lives(pid):
        return ()
    with profilers.record_closely(pid, "cpu") as recording, network.entered():
        ask_for_work(filled)
        scraped_s = time.monotonic() + SCRAPES_S
        for _ in range(SCRAPES):
            if rig.metrics.unread or time.monotonic() > scraped_s:
                break
            rig.metrics.sample()
        with contextlib.suppress(MeasurementFailed):
            consume(filled, lambda: None)
    return _profile(rig, ASKED, recording)


def can_be_profiled_from_its_start(rig: Rig) -> bool:
    """Tell whether a broker, which must still run, is a Python program that perf starts itself, and that is soon done.

    One that is slow to start is started again once a side, of which no change could be told.
    """
    if not isinstance(rig.broker, BrokerProcess) or not rig.broker.is_the_command:
        return False
    if rig.broker.ready_s > SOON_S:
        return False
    return profilers.profiles_lives(rig.broker.pid)


def of_a_restart(
    rig: Rig, place: Place, network: Network, again_s: float, left_s: float
) -> tuple[Profile, ...]:
    """Start a stopped broker once more on its data, from its first moment under a profiler, and stop it again.

    For one that `can_be_profiled_from_its_start` and took `again_s` without a profiler. None where that does not fit
    into `left_s`, or fails: it has started before, and what is wrong now is the profiler.
    """
    if PROFILED_RESTART * again_s >= left_s:
        return ()
    most_s = min(left_s, PROFILED_RESTART * again_s + PROFILER_BEGINS_S)
    with profilers.whole_life() as (life, recording):
        if recording.missing is not None:
            return ()
        try:
            broker = restart(rig, place, network, "profiled", most_s, life.wrap)
        except MeasurementFailed:
            return ()
        try:
            life.look(broker.pid, recording)
            # What stopping costs is no part of a start, and its samples could not be told from those of one.
            with contextlib.suppress(ProcessLookupError):
                os.kill(broker.pid, signal.SIGKILL)
            broker.stop()
        finally:
            broker.kill()
    return _profile(rig, RESTARTED, recording)


def while_connected(
    rig: Rig, network: Network, broker: BrokerProcess, place: Place, left_s: float
) -> tuple[Profile, ...]:
    """Let connections come to a broker in Python and go; figures are for 1,000 of them. None where that does not fit.

    One that was started again is taken: what else it was asked before holds no descriptors in it, and no probe comes
    after this. What one did that refused a connection, or had no descriptor for it, is not what connections cost.
    """
    if left_s < CONNECTED_S or place.client_config is not None:
        return ()
    log = log_of(rig, broker)
    left = known(ProcessSampler(broker.pid).descriptors_left())
    most = 0 if left is None else min(MOST_COMING, int(left * LEAKED))
    try:
        with profilers.record_closely(broker.pid, "cpu") as recording, network.entered():
            came = keep_coming(log, most)
    except MeasurementFailed:
        return ()
    return _profile(rig, CONNECTED, recording, came) if came >= COME_AND_GO else ()


def of_a_stop(
    rig: Rig, network: Network, broker: BrokerProcess, place: Place, left_s: float
) -> tuple[Profile, ...]:
    """Stop a broker in Python while it is watched where each of its threads is; unwatched where that does not fit.

    A consumer waits meanwhile, as in the stop that is timed.
    """
    if left_s < PROFILER_BEGINS_S:
        broker.stop()
        return ()
    with waited_on(rig, broker, place, network), profilers.record(broker.pid, "wall") as recording:
        broker.stop()
    return _profile(rig, STOPPED, recording)


def _profile(rig: Rig, phase: Phase, recording: Recording, per: int = PER_PHASE) -> tuple[Profile, ...]:
    taken = recording.profile(rig.side, phase, per)
    return (taken,) if isinstance(taken, Profile) else ()
