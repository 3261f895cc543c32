"""A broker process as seen from outside: start, ready, whose port it is, stop. Nothing here knows what it serves."""

from chronik_perf.sut.broker import BrokerProcess
from chronik_perf.sut.child import StopOutcome

__all__ = ["BrokerProcess", "StopOutcome"]
