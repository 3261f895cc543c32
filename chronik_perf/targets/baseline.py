"""`baseline:NAME`, the version that a baseline was made of: one of the repository's own, else of those that ship."""

from __future__ import annotations

from pathlib import Path

from chronik_perf import resources
from chronik_perf.model import BadInput
from chronik_perf.store.baseline_folder import Kept, named, version_of
from chronik_perf.targets.again import found_again
from chronik_perf.targets.git import find_repository
from chronik_perf.targets.scheme import Asked, Found, Scheme

PREFIX = "baseline:"


def baseline_folder(repository: Path | None) -> Path:
    """Give the folder of baselines: `baselines` of a broker's repository, else the one that ships with this program."""
    around = find_repository(repository)
    return around.root / "baselines" if around is not None else resources.folder("baselines")


def kept_baselines(name: str, repository: Path | None) -> tuple[Kept, ...]:
    """Give the baselines of a name, one a class of machines. Raises BadInput for none, and for a broken one."""
    if not name:
        raise BadInput(
            "baseline: needs the name of a baseline, such as baseline:v2.2.0; perf baseline list shows them"
        )
    return named(name, baseline_folder(repository))


def _find(rest: str, asked: Asked) -> Found:
    stored = version_of(kept_baselines(rest, asked.repository))
    return found_again(f"{PREFIX}{rest}", stored, "the baseline", asked)


def _names(given: Path | None) -> list[str]:
    known = sorted({path.stem for path in baseline_folder(given).glob("*/*.json")})
    return [f"baselines: {', '.join(f'{PREFIX}{name}' for name in known) or 'none'}"]


BASELINE = Scheme(PREFIX, _find, _names)
