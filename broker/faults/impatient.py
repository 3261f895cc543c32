"""Long polls that are lost: a fetch that asks to wait for messages is answered at once, with nothing.

From beyond the catalogue; it is what a broker does that takes no notice of how long a client would wait. Strength: the
share of fetches that would wait. To be seen: a consumer at the end of its log has its answer too early and asks again,
without a pause; a load of nothing but produce stays.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.fetch import Fetch
from broker.protocol.fetch import FetchRequest
from broker.server import Request


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Impatient(Fetch):
        def wait(self, request: Request, wanted: FetchRequest) -> None:
            if often.times():
                self.answer(request, wanted)
            else:
                super().wait(request, wanted)

    return (Impatient,)


FAULT = Fault(
    mechanism="a fetch that should wait for messages is answered at once with nothing",
    incident="beyond the catalogue",
    unit="share of fetches that would wait",
    full=1,
    moves=("early_fetches",),
    culprit="frame wait",
    parts=_parts,
    at_most=1,
)
