"""The README's pictures: a script takes them from a run, and what the README shows is small and there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chronik_perf.model import Comparison
from chronik_perf.store import save

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "docs" / "screenshots.py"
MOST_BYTES = 300_000
SHOWN = sorted(set(re.findall(r'(?:src|srcset)="(docs/[^"]+\.png)"', (ROOT / "README.md").read_text())))


def test_the_script_takes_all_pictures_that_the_readme_shows(
    browser: Browser, small: Comparison, tmp_path: Path
) -> None:
    """Given a run, each picture of the README is written, small enough, and another one in the dark."""
    save(small, tmp_path)
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, "--into", tmp_path], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    taken = {p.name: p.read_bytes() for p in tmp_path.glob("*.png")}
    assert sorted(taken) == sorted(Path(name).name for name in SHOWN)
    assert all(picture.startswith(b"\x89PNG") and len(picture) < MOST_BYTES for picture in taken.values())
    assert taken["report-light.png"] != taken["report-dark.png"]
    assert taken["flame-light.png"] != taken["flame-dark.png"]


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_of_the_readme_is_there_and_small(name: str) -> None:
    """Whatever picture the README shows lies in the repository and is loaded in a moment."""
    assert (ROOT / name).stat().st_size < MOST_BYTES


def test_the_readme_shows_each_picture_light_and_dark() -> None:
    """Given the pictures that the README shows, each has its twin for the other colour scheme."""
    assert {"docs/report-light.png", "docs/report-dark.png"} <= set(SHOWN)
    for name in SHOWN:
        assert name.replace("light", "dark") in SHOWN and name.replace("dark", "light") in SHOWN
