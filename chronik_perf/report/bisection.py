"""What a search for a commit has found, in sentences."""

from __future__ import annotations

import math

from chronik_perf.model import Bisection, metric
from chronik_perf.stats import words
from chronik_perf.stats.bisection import Answer


def render(search: Bisection, answer: Answer) -> str:
    """Say what was found, how sure it is, what was skipped and how much was measured."""
    title = metric(search.metric).title
    of = f"{title} with {search.workload.title}"
    lines = [_found(search, answer, of)]
    if answer.kind in ("found", "open"):
        lines.append(f"  {title}: {_change(answer)} (95 % credible interval).")
    lines += _most_probable(search, answer)
    for skipped in search.skipped:
        lines.append(f"  skipped {_named(search, skipped.commit)}: {skipped.reason}")
    closing = sum(c.closing > 0 for c in search.contrasts)
    lines.append(
        f"  {words.count(len(search.contrasts), 'block')} ({closing} of them to confirm) in {search.elapsed_s:.0f} s, "
        f"{len(search.commits) - 1} commits, {len(search.skipped)} skipped"
        f"{', each side in a network namespace' if search.network_namespaces else ''}."
    )
    if answer.kind == "found":
        low, high = (search.commits[i].short for i in (answer.culprit.low - 1, answer.culprit.high))
        netns = " --netns" if search.network_namespaces else ""
        lines.append(f"  compare them: perf compare {low} {high} --workload {search.workload.name}{netns}")
    return "\n".join(lines)


def _found(search: Bisection, answer: Answer, of: str) -> str:
    culprit, sure = answer.culprit, f"{min(answer.culprit.probability, 0.999):.1%}".replace("%", " %")
    ends = f"{search.good} and {search.bad}"
    if answer.kind == "nothing":
        return f"Nothing to search for: {of} has not changed between {ends} by as much as is searched for."
    if answer.kind == "contradicted":
        return (
            f"No single commit between {ends} explains the change of {of}: blocks that were measured to confirm the "
            "likeliest one contradicted it twice. Several commits or a slow creep look like this."
        )
    if answer.kind == "open":
        return f"Not decided: the budget was spent before a commit was {search.confidence:.0%} probable and confirmed."
    if culprit.low == culprit.high:
        return f"{_named(search, culprit.high)} changed {of}, with a probability of {sure}."
    first, last = (_named(search, i) for i in (culprit.low, culprit.high))
    return (
        f"One of {culprit.high - culprit.low + 1} commits changed {of}, with a probability of {sure}: {first} to "
        f"{last}. Only the last of them can be measured, so they cannot be told apart."
    )


def _most_probable(search: Bisection, answer: Answer) -> list[str]:
    if answer.kind != "open":
        return []
    order = sorted(range(1, len(search.probability)), key=lambda i: -search.probability[i])[:3]
    told = [
        f"{_named(search, i)} {search.probability[i]:.0%}" for i in order if search.probability[i] >= 0.01
    ]
    return [f"  likeliest: {'; '.join(told)}; none {search.nothing:.0%}."] if told else []


def _change(answer: Answer) -> str:
    mid, low, high = (words.percent(math.expm1(x), signed=True) for x in answer.change)
    return f"{mid} ({low} to {high})"


def _named(search: Bisection, number: int) -> str:
    commit = search.commits[number]
    return f"{commit.short} ({commit.authored_at[:10]}, {commit.subject})"
