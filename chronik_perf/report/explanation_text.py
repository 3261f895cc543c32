"""An explanation for the terminal: a sentence that names the culprit, then the account of each workload."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from chronik_perf.model import Share, Workload, metric
from chronik_perf.model.ablation import Account, Explained, Explanation
from chronik_perf.report.terminal import wrapped
from chronik_perf.stats import words
from chronik_perf.stats.causes.ablation import ALL_COMBINATIONS


def render(explanation: Explanation, workloads: Sequence[Workload]) -> str:
    """Give it as text."""
    titles = {w.name: w.title for w in workloads}
    told = _sentences(explanation, titles) or (
        f"No change of {explanation.candidate} against {explanation.base} was proven beyond its threshold, so there is "
        "nothing to explain.",
    )
    lines = list(wrapped(" ".join(told)))
    for one in explanation.accounts:
        lines += ["", *_account(one, titles[one.workload])]
    lines += ["", *wrapped(_reading(explanation), "  ")]
    return "\n".join(lines)


def _sentences(explanation: Explanation, titles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"With {titles[a.workload]}{_sentence(explanation, a)}"
        for a in explanation.accounts
        if a.moved and a.explained
    )


def _sentence(explanation: Explanation, one: Account) -> str:
    if explanation.claim is not None:
        return f": {_claim(one.explained[0], one)}"
    most = [e for e in one.explained if e.answer == "most"]
    little = [e.difference.key for e in one.explained if e.answer == "little"]
    part = [f"{e.difference.key} {_share(e.explains)}" for e in one.explained if e.answer == "part"]
    told = [
        f"{e.difference.key} explains {_share(e.explains)} of {_what(one)}; putting it back to {e.difference.base} "
        f"restores {_share(e.restores)} of it"
        for e in most
    ]
    told += [f"a part each is explained by {', '.join(part)}"] if part else []
    told += [f"{' and '.join(little)} explain{'s' * (len(little) == 1)} little or nothing"] if little else []
    return f", {'; '.join(told) or 'no share is sure enough yet'}."


def _claim(one: Explained, account: Account) -> str:
    d = one.difference
    back = f"putting {d.key} back to {d.base} restores {_share(one.restores)} of {_what(account)}"
    if one.answer == "most":
        return f"the claim is confirmed: {back}, and the difference explains {_share(one.explains)} of it."
    if one.explains.high < 0.5:
        return f"the claim is contested: {back}, and the difference explains {_share(one.explains)} of it."
    return f"the claim is open: {back}, which neither confirms nor contests it."


def _account(one: Account, title: str) -> Iterator[str]:
    of = metric(one.metric)
    if one.total is None:
        yield from wrapped(f"{title}: {of.title} cannot be told: {one.why}.")
        return
    if not one.moved:
        state = "is unchanged" if one.settled else "shows no proven change"
        yield from wrapped(
            f"{title}: {of.title} {state} ({words.signed_change(one.total, of.unit)}; "
            f"{words.count(one.rounds, 'round')})."
        )
        return
    yield from wrapped(
        f"{title}: {of.title} {words.moved(one.total, of.unit)}, {words.from_to(one.total, of.unit)}; "
        f"{words.count(one.rounds, 'round')}."
    )
    header = ("difference", "explains", "put back, it restores", "alone, it causes")
    rows = [
        (
            f"{e.difference.key}: {e.difference.base} → {e.difference.candidate}",
            *(_share(s) for s in (e.explains, e.restores, e.causes)),
        )
        for e in one.explained
    ]
    if one.left_over is not None:
        rows.append(("left over (they act together)", _share(one.left_over), "", ""))
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(4)]
    for row in (header, *rows):
        yield "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


def _what(account: Account) -> str:
    of, total = metric(account.metric), account.total
    assert total is not None
    worse = (total.estimate < 0) == (of.better == "higher")
    return "the loss" if worse else "the gain"


def _share(share: Share) -> str:
    if math.isnan(share.estimate):
        return "not measured"
    if share.low < -10 or share.high > 10:
        return (
            f"{words.percent(share.estimate, 0)} (not yet known)"
            if share.estimate == share.estimate
            else "not measured"
        )
    return words.share(share)


def _reading(explanation: Explanation) -> str:
    of = explanation.accounts[0].metric
    cost = "the CPU that a message takes" if of == "cpu_per_message" else "the time that a message takes"
    how = "its Shapley value, the mean over the orders in which the differences could be put in"
    if explanation.claim is not None or len(explanation.differences) > ALL_COMBINATIONS:
        how = "the mean of what it does put in first and put in last"
    return (
        f"Shares are of the change in {cost}. What a difference explains is {how}; intervals of one workload hold "
        "together with 95 %."
    )
