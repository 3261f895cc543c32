"""Comments on a pull request with what the gate found. Run by a job on `workflow_run`; installs and checks out nothing.

Which pull request it is, GitHub says. The artifact of the gate's run was made by code of the pull request and may be
anything: one file of it is read, to a limit, from the archive in place; nothing is unpacked and nothing is run.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from github import Failed, Github, TooLarge
from harmless import harmless

MARKER = "<!-- chronik-perf -->"
BOT = "github-actions[bot]"
SUMMARY = "summary.md"
LARGEST_ARTIFACT_BYTES = 32 << 20
LARGEST_SUMMARY_BYTES = 200_000


def main() -> int:
    """Comment, and say in one line what was done. Exits with 0 where there is nothing to comment on."""
    run = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["workflow_run"]
    github = Github(
        os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        os.environ["GITHUB_REPOSITORY"],
        os.environ["GITHUB_TOKEN"],
    )
    try:
        numbers = pull_requests(github, run)
        if len(numbers) != 1:
            print(
                f"no comment: {len(numbers)} open pull requests have the commit that was measured as their head"
            )
            return 0
        text = harmless(summary(github, run["id"], os.environ["ARTIFACT"]))
        print(write(github, numbers[0], comment(text, run)))
    except Failed as error:
        print(f"no comment: {error}", file=sys.stderr)
        return 1
    return 0


def pull_requests(github: Github, run: dict[str, Any]) -> list[int]:
    """Give the open pull requests of the run's own head: repository, branch and commit.

    GitHub names none in the event where the head is in a fork.
    """
    home = run["head_repository"]
    if run["event"] != "pull_request" or home is None:
        return []
    head = f"{home['owner']['login']}:{run['head_branch']}"
    return [
        pull["number"]
        for pull in github.get("pulls", state="open", head=head, per_page="100")
        if pull["head"]["sha"] == run["head_sha"] and (pull["head"]["repo"] or {}).get("id") == home["id"]
    ]


def summary(github: Github, run_id: int, name: str) -> str:
    """Give the summary that a run left, as it is, or a sentence that says why there is none to show."""
    found = github.get(f"actions/runs/{run_id}/artifacts", name=name, per_page="100")["artifacts"]
    if not found:
        return "The gate ended without a report."
    try:
        newest = max(artifact["id"] for artifact in found)  # a run may have had several attempts
        with tempfile.TemporaryFile() as file:
            github.download(f"actions/artifacts/{newest}/zip", file, LARGEST_ARTIFACT_BYTES)
            return unpacked(file)
    except TooLarge:
        return f"The gate's report is larger than {LARGEST_ARTIFACT_BYTES >> 20} MiB and was not read."
    except KeyError:
        return f"The gate ended without a verdict: its report has no {SUMMARY}."
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return "The gate's report cannot be read."


def unpacked(file: IO[bytes]) -> str:
    """Give the text of the summary in an archive, to a limit. Raises KeyError without one, and as zipfile does."""
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(SUMMARY)
        if stat.S_ISLNK(entry.external_attr >> 16):
            return f"The gate's {SUMMARY} is a link and was not followed."
        # GitHub uses no other. LZMA's own errors are none of zipfile's, and its dictionary may ask for all memory.
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"{SUMMARY} is compressed in a way that GitHub does not use")
        with archive.open(entry) as content:
            return content.read(LARGEST_SUMMARY_BYTES).decode(errors="replace")


def comment(text: str, run: dict[str, Any]) -> str:
    """Give the whole comment: the text, and below it whose word it is."""
    return (
        f"{MARKER}\n{text}\n\n---\n*Written by the code of this pull request, as it was at {run['head_sha'][:12]}: "
        f"[the run, with its report]({run['html_url']}).*\n"
    )


def write(github: Github, number: int, body: str) -> str:
    """Update the comment of ours that is there, or make it; say which. Whoever else uses the marker is left alone."""
    for there in github.pages(f"issues/{number}/comments"):
        if (there["user"] or {}).get("login") == BOT and (there["body"] or "").startswith(MARKER):
            github.send("PATCH", f"issues/comments/{there['id']}", {"body": body})
            return f"updated the comment on pull request {number}"
    github.send("POST", f"issues/{number}/comments", {"body": body})
    return f"commented on pull request {number}"


if __name__ == "__main__":
    sys.exit(main())
