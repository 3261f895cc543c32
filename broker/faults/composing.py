"""Puts faults into a broker: each part is derived once from all the faults that concern it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from broker.faults.registry import fault
from broker.parts import Parts


def with_faults(parts: Parts, strengths: Mapping[str, float]) -> Parts:
    """The parts with these faults in them, by name. They pass a call on with ``super``, the first is outermost."""
    faulty = [part for name, strength in strengths.items() for part in fault(name).parts(strength)]
    changed: dict[str, Any] = {}
    for place in fields(parts):
        part: type = getattr(parts, place.name)
        if derived := [one for one in faulty if issubclass(one, part)]:
            changed[place.name] = derived[0] if len(derived) == 1 else type(part.__name__, tuple(derived), {})
    return replace(parts, **changed)
