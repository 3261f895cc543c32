"""Carries out `perf history` where there is a history: add, show and check."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from chronik_perf.cli.work.keeping import reservations
from chronik_perf.files import write_whole
from chronik_perf.model import BadInput, MeasurementFailed, Outcome
from chronik_perf.model.history import Track
from chronik_perf.report import history_page, history_text
from chronik_perf.report.terminal import printable
from chronik_perf.stats import words
from chronik_perf.stats.history.over_time import findings, named, stand
from chronik_perf.stats.history.past import past_of
from chronik_perf.store import RunFolder, history, load
from chronik_perf.store.history_file import Given, of_file
from chronik_perf.store.history_run import of_comparison, utc


def add_run(run: Path, where: str, label: str, at: str | None, replace: bool) -> None:
    """Keep what a run's candidate gave, and print what should be known about it."""
    try:
        time = utc(at) if at is not None else None
    except (ValueError, OverflowError, OSError):
        raise BadInput(f"--at is {at!r}; give a time such as 2026-11-25T21:30:00Z") from None
    comparison = load(RunFolder.open(run).path)
    result = of_comparison(comparison, label, time)
    history.add(where, [result], replace)
    occasion = result.occasion
    count = words.count(len(result.readings), "value")
    _print(f"added {occasion.name} with {count}, measured beside {occasion.base}")
    for note in reservations(comparison, "candidate"):
        _print(note)
    for sentence in result.missing:
        _print(f"not kept, for there is no value: {sentence}")


def add_file(
    file: Path, where: str, label: str, better: Literal["higher", "lower"] | None, replace: bool
) -> None:
    """Keep the numbers of another tool."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    results = of_file(file, Given(better, label, now))
    history.add(where, results, replace)
    series = {(kind.name, r.occasion.machine) for r in results for kind, _ in r.readings}
    _print(f"added {words.count(len(results), 'value')} of {words.count(len(series), 'series', 'series')}")


def show(where: str, metrics: list[str], workloads: list[str], html: Path | None) -> None:
    """Print the history, and write its page."""
    pasts = [past_of(track) for track in _chosen(history.tracks(where), metrics, workloads)]
    found = findings(pasts)
    print(history_text.render(pasts, found), end="")
    if html is not None:
        try:
            write_whole(html, history_page.render(pasts, found))
        except OSError as error:
            raise MeasurementFailed(f"cannot write {html}: {error.strerror}; name another file") from None
        _print(f"page: {html}")


def check(where: str, metrics: list[str], workloads: list[str], since: str | None) -> Outcome:
    """Print how the newest level of each series stands, and give the outcome of all."""
    tracks = _chosen(history.tracks(where), metrics, workloads)
    if since is not None and not any(named(r.occasion, since) for t in tracks for r in t.readings):
        raise BadInput(f"--since names {since!r}, and the history has no such version, commit or label")
    looked_at = [t for t in _current(tracks) if metrics or t.kind.role != "evidence"]
    if not looked_at:
        raise BadInput("there is no gate or watch among the series; name one with --metric")
    stands = [stand(past_of(track), since) for track in looked_at]
    print(history_text.render_check(stands), end="")
    newest = max(_last(t) for t in looked_at)
    count = words.count(len(stands), "series", "series")
    _print(f"looked at {count} on {looked_at[0].machine_name}; the newest value is of {newest}")
    if elsewhere := len({t.machine for t in tracks}) - 1:
        others = words.count(elsewhere, "other machine")
        _print(f"not looked at: {others}, for the newest value is not theirs")
    judged = {s.word for s in stands}
    if "regressed" in judged:
        return "regression"
    # A watch raises an alarm and need not be decided.
    open_gates = any(s.word in ("too few", "unsure") and s.past.track.kind.role != "watch" for s in stands)
    return "inconclusive" if open_gates or judged <= {"too few", "unsure"} else "none"


def _chosen(tracks: Sequence[Track], metrics: list[str], workloads: list[str]) -> list[Track]:
    chosen = [
        t
        for t in tracks
        if (not metrics or t.kind.metric in metrics or t.name in metrics)
        and (not workloads or t.kind.workload in workloads)
    ]
    if not chosen:
        known = ", ".join(dict.fromkeys(t.name for t in tracks)) or "nothing yet"
        raise BadInput(f"the history has no such series; it has {known}")
    return chosen


def _current(tracks: Sequence[Track]) -> list[Track]:
    """Give the series that go on: those of the newest value's machine, and of a workload by its newest definition."""
    newest = max(tracks, key=_last)
    found: dict[str, Track] = {}
    for track in tracks:
        if track.machine != newest.machine:
            continue
        if track.name not in found or _last(track) > _last(found[track.name]):
            found[track.name] = track
    return list(found.values())


def _last(track: Track) -> str:
    return track.readings[-1].occasion.time


def _print(text: str) -> None:
    print(printable(text))
