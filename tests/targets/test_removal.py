"""A folder is taken away with all it holds, and what a link leads to is left as it is."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.targets.removal import removed


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    """Given a folder that was moved elsewhere and linked, the link is removed; the folder keeps its modes and files."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    (elsewhere / "deep").chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(elsewhere)
    assert removed(link)
    assert not link.is_symlink()
    assert (elsewhere / "deep").stat().st_mode & 0o777 == 0o755
