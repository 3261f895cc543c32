"""`perf cache`: the builds of git refs that are kept."""

from __future__ import annotations

import typer

from chronik_perf.model import MeasurementFailed

app = typer.Typer(name="cache", help="The builds of git refs that are kept.", no_args_is_help=True)


@app.command("list")
def list_builds() -> int:
    """List the builds, the one that was used last first."""
    from chronik_perf.stats import words
    from chronik_perf.targets import cache

    found = cache.entries()
    for entry in found:
        print(
            f"{entry.commit[:10]}  {entry.size_bytes / 1e6:8.1f} MB  built {entry.built_at} in {entry.took_s:g} s  "
            f"{entry.name} of {entry.repository}"
        )
    total = sum(entry.size_bytes for entry in found)
    print(
        f"{words.count(len(found), 'build')}, {total / 1e6:.1f} MB of at most {cache.LIMIT_BYTES / 1e9:.0f} GB, "
        f"in {cache.cache_root()}"
    )
    return 0


@app.command("clean")
def clean() -> int:
    """Remove every build that no running call uses, and what is left of those that were never finished."""
    from chronik_perf.stats import words
    from chronik_perf.targets import cache

    done = cache.clean()
    size = f"{sum(e.size_bytes for e in done.builds) / 1e6:.1f} MB"
    unfinished = f" and {words.count(done.unfinished, 'unfinished one')}" if done.unfinished else ""
    kept = f"; {done.in_use} in use by a running call" if done.in_use else ""
    print(f"removed {words.count(len(done.builds), 'build')}, {size}{unfinished}{kept}")
    if done.stuck:
        raise MeasurementFailed(
            f"{words.count(len(done.stuck), 'build')} could not be removed: {', '.join(map(str, done.stuck))}; see to "
            "it that this user may delete what is there"
        )
    return 0
