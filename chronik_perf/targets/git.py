"""Asks git, and lets it do nothing but what was asked: no hooks of the caller's, no options that a name brings."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput
from chronik_perf.targets.manifest import NAME

_TIMEOUT_S = 30
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def git(folder: Path, *arguments: str, timeout_s: float = _TIMEOUT_S) -> str | None:
    """Give what git prints, without the last newline; None where it fails, is missing, or takes too long."""
    # Run from a hook, git has variables that would lead to the hook's repository; and a monitor that a repository
    # configures would be run by asking for its state.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    settings = ("core.fsmonitor=false", "core.quotepath=false", "core.hooksPath=/dev/null")
    command = ["git", "--no-optional-locks", *(word for setting in settings for word in ("-c", setting))]
    try:
        done = subprocess.run(
            [*command, "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=True,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.rstrip("\n")


def changed_files(checkout: Path, *paths: str) -> list[str] | None:
    """Give the files, below some paths, that differ from the last commit; None where git does not say.

    Files that git does not track count: the broker could use them.
    """
    status = git(checkout, "status", "--porcelain", "--untracked-files=all", "--", *paths)
    return None if status is None else [line[3:] for line in status.splitlines()]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository whose root has a perf.toml."""

    root: Path

    def commit_of(self, ref: str) -> str | None:
        """Give the full id of the commit that a ref stands for; None if it stands for none.

        Raises BadInput for a ref that git could take for an option.
        """
        if ref.startswith("-"):
            raise BadInput(f"{ref!r} looks like an option and not like a version")
        # Nothing of the user's reaches another command of git: from here on there is only the commit.
        found = git(self.root, "rev-parse", "--verify", "-q", "--end-of-options", f"{ref}^{{commit}}") or ""
        return found if _COMMIT.fullmatch(found) else None  # ^REF is a range to git, and no commit

    def manifest_of(self, commit: str) -> str | None:
        """Give the text of perf.toml as a commit has it; None if it has none."""
        return git(self.root, "show", f"{commit}:{NAME}")

    def changed(self) -> list[str] | None:
        """Give the files that differ from the last commit, untracked ones included; None where git does not say."""
        return changed_files(self.root)

    def newest_tags(self) -> list[str]:
        """Give the newest tags, at most ten."""
        found = git(
            self.root,
            "for-each-ref",
            "--sort=-creatordate",
            "--count=10",
            "--format=%(refname:short)",
            "refs/tags",
        )
        return (found or "").splitlines()

    def is_shallow(self) -> bool:
        """Tell whether older commits were not fetched."""
        return git(self.root, "rev-parse", "--is-shallow-repository") == "true"


def find_repository(given: Path | None) -> Repository | None:
    """Give the repository that was named, or the one around the current folder; None if that one has no perf.toml.

    Raises BadInput where one was named that is no repository or has no perf.toml.
    """
    top = git(given or Path.cwd(), "rev-parse", "--show-toplevel")
    if top is not None and (Path(top) / NAME).is_file():
        return Repository(Path(top))
    if given is None:
        return None
    if top is None:
        raise BadInput(f"{given} is no git repository (or git is missing); name one with --repo")
    raise BadInput(f"{given} has no {NAME} at its root, {top}; write one with: perf init {top}")
