"""The command line and its page say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from chronik_perf import cli

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text()


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give every command below a group, by the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS = dict(commands(typer.main.get_group(cli.app)))


def section(command: str) -> str:
    """Give what the page says under a command's heading."""
    found = re.search(rf"^##+ perf {command}(?= |\n).*?(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section on perf {command}"
    return found.group()


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_option_is_on_the_page(command: str) -> None:
    """Given any command, its section shows every option that it takes, and none that it does not."""
    taken = {
        name
        for parameter in COMMANDS[command].params
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("--")
    } - {"--help"}
    shown = set(re.findall(r"(?<![\w-])--[a-z0-9][a-z0-9-]*", section(command)))
    assert shown == taken


def test_every_variable_is_on_the_page() -> None:
    """Given the variables that stand in for options, the section names each, and no other."""
    for command, taken in COMMANDS.items():
        read = {p.envvar for p in taken.params if p.envvar}
        assert set(re.findall(r"PERF_[A-Z_]+", section(command))) == read


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_argument_is_on_the_page(command: str) -> None:
    """Given any command, its heading names the arguments in the order in which they are taken."""
    heading = section(command).splitlines()[0]
    taken = [p.name.upper() for p in COMMANDS[command].params if p.name and not p.opts[0].startswith("--")]
    assert [word for word in heading.split() if word.isupper()] == taken


def test_every_exit_code_is_on_the_page() -> None:
    """Given the program's exit codes, the page's table has exactly those."""
    ends = {value for name, value in vars(cli).items() if name.startswith("EXIT_") and isinstance(value, int)}
    table = PAGE.split("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == ends


def test_what_the_readme_tells_to_make_can_be_made() -> None:
    """Given any `make` command of the README, the Makefile has that target."""
    asked = set(
        re.findall(r"^make ([a-z]+)\b", "\n".join(code((ROOT / "README.md").read_text())), re.MULTILINE)
    )
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"compare", "test"} <= asked
    assert asked <= targets


def test_what_the_readme_points_to_is_there() -> None:
    """Given any relative link and any picture of README and docs, its file exists."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text()
        for target in (
            *re.findall(r"\]\((?!https?:|#)([^)#]+)", text),
            *re.findall(r'\b(?:src|srcset)="([^"]+)"', text),
        ):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def code(markdown: str) -> list[str]:
    """Give what stands in code blocks and code spans of a page."""
    return [block or span for block, span in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", markdown, re.DOTALL)]
