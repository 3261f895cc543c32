"""The comment on a pull request, from artifacts that anybody may have made, written by the action's own step."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from chronik_perf.report import markdown
from chronik_perf.stats import judge
from tests.builders import a_comparison
from tests.ci.forge import REPOSITORY, Forge, serving
from tests.ci.runners import CI, ActionRun, run_action

SHA, BOT = "5" * 40, "github-actions[bot]"
RUN: dict[str, Any] = {
    "id": 77,
    "event": "pull_request",
    "head_branch": "faster",
    "head_sha": SHA,
    "head_repository": {"id": 42, "owner": {"login": "stranger"}},
    "html_url": "https://github.com/team/broker/actions/runs/77",
    "pull_requests": [],
}


def pull(number: int, sha: str = SHA, repository: int | None = 42) -> dict[str, Any]:
    home = {"id": repository} if repository is not None else None
    return {"number": number, "owner": "stranger", "head": {"ref": "faster", "sha": sha, "repo": home}}


def archive(*files: tuple[str | zipfile.ZipInfo, str], by: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", by) as made:
        for name, content in files:
            made.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def forge() -> Iterator[Forge]:
    """Serve a repository with one pull request, number 5, from a fork."""
    with serving(Forge(pulls=[pull(5)])) as served:
        yield served


def comment(forge: Forge, folder: Path, run: dict[str, Any] = RUN) -> ActionRun:
    """Do what the job on `workflow_run` does when the gate's run has ended."""
    workspace, event = folder / "workspace", folder / "event.json"
    workspace.mkdir(exist_ok=True)
    event.write_text(json.dumps({"workflow_run": run}))
    files = folder / f"runner-{len(list(folder.iterdir()))}"
    done = run_action(
        CI / "comment" / "action.yml",
        {},
        workspace,
        files,
        GITHUB_EVENT_PATH=str(event),
        GITHUB_REPOSITORY=REPOSITORY,
        GITHUB_API_URL=forge.url,
        no_proxy="127.0.0.1",
    )
    assert not list(workspace.iterdir()), "nothing of an artifact is unpacked"
    assert "Traceback" not in done.said
    return done


def body(forge: Forge) -> str:
    [written] = forge.comments
    assert written["issue"] == 5
    text: str = written["body"]
    return text


def test_a_run_is_shown_and_later_updated(forge: Forge, tmp_path: Path) -> None:
    """Given two runs for a pull request of a fork, there is one comment, which shows what the newer one found."""
    regression = a_comparison()
    summary = markdown.render(regression, judge(regression))
    forge.archives = {1: archive(("summary.md", "old")), 2: archive(("summary.md", "first"))}
    assert "commented on pull request 5" in comment(forge, tmp_path).said
    assert "first" in body(forge)
    forge.archives[3] = archive(("report.html", "<html>"), ("summary.md", summary))
    assert "updated the comment on pull request 5" in comment(forge, tmp_path).said
    shown = MarkdownIt("commonmark").enable("table").render(body(forge))
    assert body(forge).startswith(f"{markdown.MARKER}\n### ")
    assert shown.count("<table>") == 1
    assert "<strong>How it was measured</strong>" in shown
    assert f'<a href="{RUN["html_url"]}">' in shown
    assert judge(regression).headline in shown.replace("\N{WORD JOINER}", "")
    assert forge.told_elsewhere == [None, None], "the token goes to GitHub and to nobody that it redirects to"


HOSTILE = (
    "<!-- chronik-perf -->\n### All is well @maintainer @team/all &#64;entity \\@escaped team/broker#12 #13 GH-14\n"
    "<img src=x onerror=alert(1)> <details open>\n![pixel](https://evil.example/p.png) [click](https://evil.example)\n"
    "<https://evil.example> https://evil.example/x www.evil.example mail@evil.example _www.evil.example _GH-15\n"
    "[ref]: https://evil.example\n"
    "&lt;script&gt; &amp;lt;b> \\<i> @\u200bzero \u202eright-to-left <!-- chronik-perf --> `@code` $x$\n\n"
    "    indented @code\n```\n@fenced\n"
)


def test_markup_of_a_stranger_is_text(forge: Forge, tmp_path: Path) -> None:
    """Given mentions, HTML, images, links, references and a forged marker, none of them does what it was made for."""
    forge.archives = {1: archive(("summary.md", HOSTILE))}
    comment(forge, tmp_path)
    written = body(forge)
    assert written.count("<") == 1 and written.startswith(markdown.MARKER)
    text, _, footer = written.removeprefix(markdown.MARKER).rpartition("\n---\n")
    assert footer.count("](") == 1
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    kinds = {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}
    assert kinds <= {
        "heading_open",
        "heading_close",
        "inline",
        "text",
        "softbreak",
        "paragraph_open",
        "paragraph_close",
    }
    seen = "".join(c.content for t in tokens for c in t.children or ())
    for mark, at in ((mark, i) for mark in "@#" for i, c in enumerate(seen) if c == mark):
        assert seen[at + 1] == "\N{WORD JOINER}", seen[at : at + 9] + mark
    for sign in ("://", "www.", "GH-1", "\u202e", "\u200b"):
        assert sign not in seen
    assert "All is well @" in seen and "<img src=x" in seen, "it is shown, and as what it is"


def damaged() -> bytes:
    """Give an archive whose summary is compressed by LZMA, which GitHub never does, and broken in its middle."""
    packed = bytearray(archive(("summary.md", "fine words " * 900), by=zipfile.ZIP_LZMA))
    at = packed.index(b"summary.md") + len("summary.md")
    packed[at + 4 : at + 9] = b"\xff" * 5  # the filter's properties
    return bytes(packed)


LINK = zipfile.ZipInfo("summary.md")
LINK.external_attr = (stat.S_IFLNK | 0o777) << 16


@pytest.mark.parametrize(
    ("archives", "says"),
    [
        ({}, "ended without a report"),
        ({1: archive(("report.html", "x"))}, "ended without a verdict"),
        ({1: archive(("../summary.md", "x"), ("/etc/summary.md", "x"))}, "ended without a verdict"),
        ({1: archive((LINK, "/etc/passwd"))}, "is a link and was not followed"),
        ({1: b"no archive"}, "cannot be read"),
        ({1: archive(("summary.md", "fine " * 900))[:-700]}, "cannot be read"),
        ({1: damaged()}, "cannot be read"),
        ({1: b"\0" * (33 << 20)}, "larger than 32 MiB"),
        ({1: archive(("summary.md", "many words " * 1_000_000))}, "too long for a comment"),
        (
            {1: archive(("summary.md", "\n".join(f"line {n}" for n in range(100_000))))},
            "too long for a comment",
        ),
        ({1: archive(("summary.md", "<" * 150_000))}, "&#60;&#60;"),
    ],
    ids=[
        "none",
        "no summary",
        "outside",
        "link",
        "no zip",
        "torn",
        "damaged",
        "large",
        "bomb",
        "long",
        "one line",
    ],
)
def test_whatever_the_artifact_is(
    forge: Forge, tmp_path: Path, archives: dict[int, bytes], says: str
) -> None:
    """Given an artifact that is missing, torn, huge or made to escape, the comment says so, and is of bounded size."""
    forge.archives = archives
    done = comment(forge, tmp_path)
    assert not done.failed, done.said
    assert says in body(forge)
    assert len(body(forge)) < 25_000
    assert "root:" not in body(forge)


def test_which_pull_request_it_is_github_says(forge: Forge, tmp_path: Path) -> None:
    """Given an artifact that names another pull request, and heads that only look alike, the run's own is taken."""
    forge.pulls = [pull(3, repository=41), pull(4, sha="6" * 40), pull(5), pull(6, repository=None)]
    forge.archives = {1: archive(("summary.md", "text"), ("pr.txt", "1"), ("NR", "1"))}
    comment(forge, tmp_path)
    assert "text" in body(forge)


@pytest.mark.parametrize("pulls", [[], [pull(5, sha="6" * 40)], [pull(5), pull(6)]])
def test_without_one_pull_request_nothing_is_written(
    forge: Forge, tmp_path: Path, pulls: list[dict[str, Any]]
) -> None:
    """Given no pull request with that head any more, or two, nothing is written and the artifact is not even read."""
    forge.pulls, forge.archives = pulls, {1: archive(("summary.md", "text"))}
    done = comment(forge, tmp_path)
    assert not done.failed
    assert "no comment:" in done.said
    assert forge.asked == [("GET", "pulls")]


def test_a_comment_of_anybody_else_is_left_alone(forge: Forge, tmp_path: Path) -> None:
    """Given the marker in comments of others, and in the middle of one of ours, a comment of its own is made."""
    others = [
        {"id": 1, "user": {"login": "stranger"}, "body": f"{markdown.MARKER}\nmine"},
        {"id": 2, "user": {"login": BOT}, "body": f"release notes\n{markdown.MARKER}"},
        {"id": 3, "user": None, "body": None},
        *({"id": n, "user": {"login": "chatty"}, "body": "+1"} for n in range(10, 210)),
    ]
    forge.comments = json.loads(json.dumps(others))
    forge.archives = {1: archive(("summary.md", "text"))}
    comment(forge, tmp_path)
    assert forge.comments[:-1] == others
    assert "text" in forge.comments[-1]["body"]
    comment(forge, tmp_path)
    assert len(forge.comments) == len(others) + 1, "found again behind two pages of others"


def test_missing_rights_are_one_sentence(forge: Forge, tmp_path: Path) -> None:
    """Given a token that may not write, the job fails with what it lacks."""
    forge.refuses = True
    done = comment(forge, tmp_path)
    assert done.failed
    assert (
        "GitHub answered 403 to GET pulls; the job needs actions: read and pull-requests: write" in done.said
    )


def test_a_run_of_anything_but_a_pull_request_is_let_be(forge: Forge, tmp_path: Path) -> None:
    """Given a run of a push, or of a fork that is gone, nothing is asked and nothing written."""
    for other in ({"event": "push"}, {"head_repository": None}):
        done = comment(forge, tmp_path, {**RUN, **other})
        assert not done.failed
    assert forge.asked == []
