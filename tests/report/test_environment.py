"""The environment is part of a version: what each side's broker saw of it is told, differences first, no secrets."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import Comparison
from chronik_perf.report import circumstances, html, markdown, text
from chronik_perf.stats import judge
from tests.builders import V220, a_comparison, with_starts

BOTH = {"PATH": "/usr/bin", "TZ": "UTC"}


def measured() -> Comparison:
    """Give two sides whose brokers saw another profile of the WAL, and all else alike."""
    made = a_comparison(V220, V220, blocks=3, evidence=False, histograms=False)
    low = with_starts(made, "base", lambda s: replace(s, environment={**BOTH, "WAL_PROFILE": "low"}))
    return with_starts(low, "candidate", lambda s: replace(s, environment={**BOTH, "WAL_PROFILE": "high"}))


def test_a_variable_that_differs_is_told_first_in_every_report() -> None:
    """Given sides that saw another WAL_PROFILE, all reports say both values, before whatever is the same."""
    comparison = measured()
    verdict = judge(comparison)
    rows, _ = circumstances.settings(comparison)
    assert [(r.key, r.differs) for r in rows if r.key.startswith("environment")] == [
        ("environment WAL_PROFILE", True),
        ("environment PATH", False),
        ("environment TZ", False),
    ]
    assert rows[0].differs
    assert "environment WAL_PROFILE: low → high" in text.render(comparison, verdict)
    assert "environment WAL\\_PROFILE: low → high" in markdown.render(comparison, verdict)
    page = html.render(comparison, verdict)
    assert page.index("environment WAL_PROFILE") < page.index("environment PATH")


def test_a_compiler_that_differs_is_told_first() -> None:
    """Given sides that were built by another compiler, reports say so before whatever is the same."""
    made = measured()
    seen = {"PATH": "/usr/bin", "cc --version": "cc 12.2"}
    comparison = replace(
        made,
        base=replace(made.base, built_with=seen),
        candidate=replace(made.candidate, built_with={**seen, "cc --version": "cc 13.1"}),
    )
    rows, _ = circumstances.settings(comparison)
    assert [(r.key, r.differs) for r in rows if r.key.startswith("build")] == [
        ("build cc --version", True),
        ("build PATH", False),
    ]
    assert "build cc --version: cc 12.2 → cc 13.1" in text.render(comparison, judge(comparison))
    page = html.render(comparison, judge(comparison))
    assert page.index("build cc --version") < page.index("build PATH")


def test_a_side_that_was_not_built_differs_in_no_build() -> None:
    """Given a built side beside a release, what the build saw is no difference between them."""
    made = measured()
    comparison = replace(made, base=replace(made.base, built_with={"PATH": "/usr/bin"}))
    assert not [r for r in circumstances.settings(comparison)[0] if r.key.startswith("build")]


def test_a_document_from_before_it_was_kept_tells_what_was_declared() -> None:
    """Given starts without an environment, the variables of the target stand for it, their secrets replaced."""
    made = a_comparison(V220, V220, blocks=3, evidence=False, histograms=False)
    declared = {"API_KEY": "hunter2", "STORE": "s3://me:hunter2@host/x", "MODE": "fast"}
    comparison = replace(made, candidate=replace(made.candidate, env=declared))
    shown = {r.key: r.candidate for r in circumstances.settings(comparison)[0] if r.differs}
    assert shown["environment API_KEY"] == "[redacted]"
    assert shown["environment STORE"] == "s3://[redacted]@host/x"
    assert shown["environment MODE"] == "fast"
    assert "hunter2" not in html.render(comparison, judge(comparison))


def test_the_client_libraries_are_named_in_every_report() -> None:
    """Given a run, whoever reads it learns which client libraries, in which version, gave the load."""
    comparison = measured()
    verdict = judge(comparison)
    for shown in (text.render(comparison, verdict), markdown.render(comparison, verdict)):
        assert "librdkafka 2.16.1" in shown
    assert "<tr><th>librdkafka</th><td>2.16.1</td></tr>" in html.render(comparison, verdict)


def test_the_profilers_are_named_in_every_report() -> None:
    """Given profiles, whoever reads of them learns what took them, in which version, and how often it looked."""
    made = a_comparison(V220, V220, blocks=3, histograms=False)
    by = {"base": "py-spy 0.4.3", "candidate": "Linux perf 6.1.90"}
    comparison = replace(made, profiles=tuple(replace(p, profiler=by[p.side]) for p in made.profiles))
    first, second = circumstances.profilers(comparison)
    rate = made.profiles[0].rate_hz
    assert first == f"py-spy 0.4.3, {rate} samples a second: base (CPU), base (waits)"
    assert second.startswith("Linux perf 6.1.90, ")
    verdict = judge(comparison)
    for shown in (text.render(comparison, verdict), markdown.render(comparison, verdict)):
        assert "profiles by py-spy 0.4.3" in " ".join(shown.split())
    assert f"<tr><th>profiles</th><td>{first}</td></tr>" in html.render(comparison, verdict)


def test_profiles_from_before_it_was_kept_say_so() -> None:
    """Given a document whose profiles do not tell what took them, that is said and none is guessed."""
    made = a_comparison(V220, V220, blocks=3, histograms=False)
    (told,) = circumstances.profilers(made)
    assert told.startswith("a profiler that is not known, ")
