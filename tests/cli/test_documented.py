"""The command line and its page say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from chronik_perf import cli

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text()
COMMANDS = typer.main.get_group(cli.app).commands


def section(command: str) -> str:
    """Give what the page says under a command's heading."""
    found = re.search(rf"^## perf {command}\b.*?(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
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
