"""Makes Markdown from a stranger harmless: headings, tables, lists and emphasis stay, all else becomes plain text.

What GitHub would act on: HTML and comments, images and links (spelled out or bare), mentions of people, references to
issues and commits of any repository, code and maths (where what is escaped here would be shown as it is written).
Standard library only, because it runs where nothing is installed.
"""

from __future__ import annotations

import html
import re
import unicodedata

MAX_CHARACTERS = 20_000  # of the result; GitHub takes 65,536
MAX_LINES = 300
_LONGEST_LINE = 2_000  # characters, before it is made harmless

# Between two characters that would mean something together; shown as nothing.
_APART = "\N{WORD JOINER}"
_FOLDED = re.compile(r"\s*<details><summary>([^<>]*)</summary>\s*")
# No boundary of words is asked for: GitHub has one after an underscore, where `\b` has none.
_TOLD = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<markup>[<>&\[\]`~$\\])"
    r"|(?P<mention>@)"
    r"|(?P<reference>#(?=[^\s#])|GH-(?=\d))"
    r"|(?P<scheme>:(?=//))"
    r"|(?P<host>www(?=\.))",
    re.IGNORECASE,
)


def harmless(text: str) -> str:
    """Give the text so that it can stand in a comment, cut where it is too long, and saying so.

    What is there already as an entity, an escape or a folded part (as in our own summary) is shown as it was meant.
    """
    lines: list[str] = []
    size = 0
    cut = False
    for raw in text.splitlines():
        if raw.strip() == "</details>" or raw.strip().startswith("<!--"):
            continue
        folded = _FOLDED.fullmatch(raw)
        line = _line(f"**{folded[1].strip()}**" if folded else raw)
        size += len(line) + 1
        if len(lines) == MAX_LINES or size > MAX_CHARACTERS:
            cut = True
            break
        lines.append(line)
        cut |= len(raw) > _LONGEST_LINE
    if cut:
        lines += ["", "*The rest was too long for a comment.*"]
    return "\n".join(lines).strip()


def _line(raw: str) -> str:
    # Entities first: what they stand for is judged as if it stood there.
    shown = "".join(
        c for c in html.unescape(raw[:_LONGEST_LINE]) if unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    return _TOLD.sub(_plain, shown.strip())  # indented it would be code


def _plain(found: re.Match[str]) -> str:
    if escaped := found["escaped"]:
        return f"&#{ord(escaped)};{_APART}"
    if markup := found["markup"]:
        return f"&#{ord(markup)};"
    return found[0] + _APART
