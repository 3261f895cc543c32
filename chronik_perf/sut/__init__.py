"""A broker as seen from outside: started, ready, whose port it is, stopped; or found. Nothing knows what it serves."""

from chronik_perf.leash import StopOutcome
from chronik_perf.sut.beside import Beside
from chronik_perf.sut.broker import BrokerProcess
from chronik_perf.sut.running import RunningBroker

__all__ = ["Beside", "BrokerProcess", "RunningBroker", "StopOutcome"]
