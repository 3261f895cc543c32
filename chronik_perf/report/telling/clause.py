"""A clause and the figure that it rests on, and how clauses make sentences and a paragraph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chronik_perf.model import Workload
from chronik_perf.stats import words


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence, without its stop, and the id of the element of the page that shows it."""

    text: str
    figure: str


Sentence = tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """All that is said of one workload."""

    workload: Workload
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """Give it without links."""
        return " ".join(f"{'; '.join(clause.text for clause in s)}." for s in self.sentences)


def sentence(clauses: Iterable[Clause]) -> Sentence:
    """Make a sentence of clauses; it begins as sentences do. Without any there is none."""
    told = tuple(clauses)
    return tuple(replace(c, text=words.capital(c.text)) for c in told[:1]) + told[1:]
