"""Vega-Lite specifications to inline SVG that follows the page's colours, light or dark, and needs no script.

Drawn here and now by vl-convert, so that the page holds pictures and loads nothing. What comes back is parsed and
written anew: only known elements stay, identifiers become unique within the page, colours given as CSS variables
move into styles, and each mark's description becomes a `<title>`, which browsers show as a tooltip.
"""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from typing import Any, TypeAlias

import vl_convert
from markupsafe import Markup

Spec: TypeAlias = dict[str, Any]

_SVG = "{http://www.w3.org/2000/svg}"
_DRAWN = frozenset(
    f"{_SVG}{tag}" for tag in ("g", "path", "line", "rect", "text", "tspan", "clipPath", "defs")
)
_DROPPED = ("aria-", "role", "pointer-events", "class")
_COLOURS = ("fill", "stroke")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_REFERENCE = re.compile(r"url\(#(\w+)\)")
_NUMBERS = itertools.count(1)

_AXIS = {
    "labelColor": "var(--muted)",
    "titleColor": "var(--muted)",
    "titleFontWeight": "normal",
    "titleFontSize": 11,
    "labelFontSize": 11,
    "gridColor": "var(--line)",
    "domainColor": "var(--line)",
    "tickColor": "var(--line)",
    "domain": False,
    "ticks": False,
    "labelPadding": 6,
}
_CONFIG = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": _AXIS,
    "axisX": {"grid": False},
    # A reader's font may be wider than the one that the labels were measured in.
    "padding": {"left": 10, "right": 4, "top": 2, "bottom": 2},
}

SIDE_COLOUR = {
    "field": "side",
    "type": "nominal",
    "scale": {"domain": ["base", "candidate"], "range": ["var(--base)", "var(--candidate)"]},
    "legend": None,
}
SIDE_DASH = {
    "field": "side",
    "type": "nominal",
    "scale": {"domain": ["base", "candidate"], "range": [[5, 3], [1, 0]]},
    "legend": None,
}
SIDE_SHAPE = {
    "field": "side",
    "type": "nominal",
    "scale": {"domain": ["base", "candidate"], "range": ["circle", "diamond"]},
    "legend": None,
}


def draw(spec: Spec, label: str) -> Markup:
    """Draw a specification whose data are inline; `label` says to a screen reader what is seen."""
    # No URL may be loaded, whatever a specification says.
    raw = vl_convert.vegalite_to_svg(spec, vl_version="6.4", config=_CONFIG, allowed_base_urls=[])
    root = ET.fromstring(raw)
    _clean(root, f"c{next(_NUMBERS)}-")
    width = root.attrib.pop("width")
    root.attrib.pop("height", None)
    # A quarter larger than drawn at the most, in the page's own unit, because the page grows on a large screen.
    root.set("style", f"max-width:{float(width) * 1.25 / 16:.1f}rem")
    root.set("role", "img")
    root.set("aria-label", label)
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    return Markup(ET.tostring(root, encoding="unicode"))


def _clean(element: ET.Element, prefix: str) -> None:
    described = element.get("aria-label")
    is_mark = (
        element.get("aria-roledescription", "").endswith("mark") or element.get("role") == "graphics-symbol"
    )
    for name in list(element.attrib):
        if name.startswith(_DROPPED):
            del element.attrib[name]
    styles = [f"{name}:{element.attrib.pop(name)}" for name in _COLOURS if "var(" in element.get(name, "")]
    if styles:
        element.set("style", ";".join([*styles, element.get("style", "")]).rstrip(";"))
    if "id" in element.attrib:
        element.set("id", prefix + element.attrib["id"])
    for name, value in element.attrib.items():
        value = _REFERENCE.sub(rf"url(#{prefix}\1)", value)
        element.set(name, _LONG.sub(lambda m: f"{float(m[0]):.2f}", value))
    for child in list(element):
        if child.tag not in _DRAWN or _draws_nothing(child):
            element.remove(child)
        else:
            _clean(child, prefix)
    if described and is_mark and len(element) == 0 and element.tag == f"{_SVG}path":
        ET.SubElement(element, f"{_SVG}title").text = described


def _draws_nothing(element: ET.Element) -> bool:
    return element.get("display") == "none" or (
        element.tag == f"{_SVG}path" and element.get("d", "") in ("", "M0,0h0v0h0Z")
    )
