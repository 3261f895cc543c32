"""What every scheme of names gives: what a name would be, told without making it, and the target that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput, Target

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for beside a name: values of its configuration, and the repository that was named, if one was."""

    overrides: Mapping[str, str]
    repository: Path | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for; that it stands for something, and has what is overridden, is checked by then.

    `explain` gives what it would be, a sentence a line. `target` makes it, builds it where that is needed, and tells
    what takes time; it raises MeasurementFailed where that fails. `started` is False for a broker that runs already.
    `commit` is the commit of the repository that the name stands for; None if it stands for none.
    """

    explain: Callable[[], list[str]]
    target: Callable[[Say], Target]
    started: bool = True
    commit: str | None = None

    def require_start(self, command: str) -> None:
        """Refuse, for a command that starts what it measures, a broker that runs already. Raises BadInput."""
        if not self.started:
            raise BadInput(
                f"{command} starts what it measures, and a kafka:// broker runs already; name one that can be started"
            )


@dataclass(frozen=True, slots=True)
class Scheme:
    """All names with one prefix.

    `find` is given what follows the prefix, and raises BadInput where that stands for nothing. `names` says, in a line
    each, which names there are, for the repository that was named, if one was.
    """

    prefix: str
    find: Callable[[str, Asked], Found]
    names: Callable[[Path | None], list[str]]
