"""How the pages come out of their templates: one environment, one style, and the words that all outputs share."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from chronik_perf import resources
from chronik_perf.model import OPEN_ON, Unavailable, metric
from chronik_perf.report.circumstances import measured
from chronik_perf.report.telling import figures
from chronik_perf.stats import words

_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|µs|s|B|KB|MB|GB|msg/s)(?:[^\w]|$))")


def fill(template: str, **values: Any) -> str:
    """Give a whole page: a template with its values, and the style of all pages.

    Every value is escaped but Markup. Raises jinja2.UndefinedError where the template asks for a value that is not
    given.
    """
    return _environment().get_template(template).render(style=Markup(source("report.css")), **values)


def unbroken(text: str) -> str:
    """Keep each figure on one line with its unit."""
    return _UNIT.sub("\u00a0", text)


def source(name: str) -> str:
    """Give the text of a file that a page takes in as it is: its style, its script."""
    return (resources.folder("templates") / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.folder("templates")),
        autoescape=True,  # whatever the file is called: all of it becomes HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(metric=metric, figures=figures, open_on=OPEN_ON)
    environment.filters.update(
        unbroken=unbroken,
        number=words.number,
        quantity=words.quantity,
        microseconds=words.microseconds,
        percent=words.percent,
        share=words.share,
        rate=words.rate,
        capital=words.capital,
        measured=measured,
        stage=lambda name: str(name).replace("_", " "),
        change=words.signed_change,
        factor=words.factor,
        ratio_change=lambda change: words.ratio_change(*change),
        threshold=words.threshold_words,
        count=words.count,
    )
    environment.tests.update(unavailable=lambda value: isinstance(value, Unavailable))
    return environment
