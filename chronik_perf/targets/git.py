"""Asks git, and lets it do nothing but what was asked: no hooks of the caller's, no options that a name brings."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput
from chronik_perf.targets.lock import BuildLock
from chronik_perf.targets.manifest import NAME
from chronik_perf.targets.process import lines_of, running

_TIMEOUT_S = 30
# Run from a hook, git has variables that lead to the hook's repository: those of `git rev-parse --local-env-vars`, but
# for settings that the caller gives it, which a fetch of submodules may need as it needs GIT_SSH_COMMAND.
_REDIRECTING = frozenset(
    f"GIT_{name}"
    for name in (
        *("ALTERNATE_OBJECT_DIRECTORIES", "OBJECT_DIRECTORY", "DIR", "WORK_TREE", "IMPLICIT_WORK_TREE"),
        *("GRAFT_FILE", "INDEX_FILE", "NO_REPLACE_OBJECTS", "REPLACE_REF_BASE", "PREFIX"),
        *("INTERNAL_SUPER_PREFIX", "SHALLOW_FILE", "COMMON_DIR", "NAMESPACE", "QUARANTINE_PATH"),
    )
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Of a tree's entry by its mode: what git would show of these is no perf.toml.
_NO_FILES = {"120000": "a symbolic link", "040000": "a folder", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What git printed, without the last newline, None where it failed; and the lines that it said beside."""

    text: str | None
    said: tuple[str, ...]

    @property
    def why(self) -> str:
        """Git's own words on why it failed: the first that it calls fatal, else the last."""
        last = self.said[-1] if self.said else "it did not say why"
        return next((line for line in self.said if line.startswith("fatal:")), last)


def ask(
    folder: Path, *arguments: str, timeout_s: float = _TIMEOUT_S, lock: BuildLock | None = None
) -> Answer:
    """Ask git, which asks nobody in turn; nothing of it is left when the time is over. It holds the lock open."""
    environment = {k: v for k, v in os.environ.items() if k not in _REDIRECTING}
    # A monitor that a repository configures would be run by asking for its state, and a hook by a checkout.
    settings = ("core.fsmonitor=false", "core.quotepath=false", "core.hooksPath=/dev/null")
    command = ["git", "--no-optional-locks", *(word for setting in settings for word in ("-c", setting))]
    try:
        with running(
            [*command, "-C", str(folder), *arguments],
            env={**environment, "GIT_TERMINAL_PROMPT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            lock=lock,
        ) as process:
            printed, said = process.communicate(timeout=timeout_s)
    except FileNotFoundError:
        return Answer(None, ("git is missing",))
    except OSError as error:
        return Answer(None, (f"git cannot be run: {error.strerror}",))
    except subprocess.TimeoutExpired:
        return Answer(None, (f"git was not done after {timeout_s:g} s and was ended",))
    lines = lines_of(said)
    if process.returncode < 0:
        lines.append(f"git was ended by signal {-process.returncode}")
    text = printed.decode(errors="replace").rstrip("\n") if process.returncode == 0 else None
    return Answer(text, tuple(lines))


def git(folder: Path, *arguments: str) -> str | None:
    """Give what git prints, without the last newline; None where it fails, is missing, or takes too long."""
    return ask(folder, *arguments).text


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

    def namesakes(self, ref: str, commit: str) -> list[str]:
        """Give the full names of branches and tags that are called like a ref too and stand for other commits."""
        full = [f"refs/{kind}/{ref}" for kind in ("tags", "heads", "remotes")]
        found = {name: self.commit_of(name) for name in full}
        return [name for name, other in found.items() if other not in (None, commit)]

    def manifest_of(self, commit: str) -> str | None:
        """Give the text of perf.toml as a commit has it; None if it has none.

        Raises BadInput where it is no file of UTF-8, and where git cannot read it, as in a partial clone whose origin
        does not answer.
        """
        listed, which = git(self.root, "ls-tree", commit, "--", NAME), f"{NAME} of commit {commit[:10]}"
        if listed == "":
            return None
        kind = _NO_FILES.get((listed or "").partition(" ")[0])
        if kind is not None:
            raise BadInput(f"{which} is {kind}; commit it as a file")
        answer = ask(self.root, "show", f"{commit}:{NAME}")
        if answer.text is None:
            raise BadInput(f"{which} cannot be read: {answer.why}")
        if "\ufffd" in answer.text:
            raise BadInput(f"{which} is not UTF-8, as TOML must be")
        return answer.text

    def changed(self) -> list[str] | None:
        """Give the files that differ from the last commit, untracked ones included; None where git does not say."""
        return changed_files(self.root)

    def newest_tags(self) -> list[str]:
        """Give the newest tags of commits, at most ten."""
        kinds = "%(if)%(*objecttype)%(then)%(*objecttype)%(else)%(objecttype)%(end)"
        found = git(
            self.root,
            "for-each-ref",
            "--sort=-creatordate",
            f"--format={kinds} %(refname:short)",
            "refs/tags",
        )
        tags = (line.partition(" ") for line in (found or "").splitlines())
        return [name for kind, _, name in tags if kind == "commit"][:10]

    def is_shallow(self) -> bool:
        """Tell whether older commits were not fetched."""
        return git(self.root, "rev-parse", "--is-shallow-repository") == "true"


def find_repository(given: Path | None) -> Repository | None:
    """Give the repository that was named, or the one around the current folder; None if that one has no perf.toml.

    Raises BadInput where one was named that is no repository or has no perf.toml, and where there is a perf.toml and
    git does not answer.
    """
    here = given or Path.cwd()
    answer = ask(here, "rev-parse", "--show-toplevel")
    top = answer.text
    if top is not None and (Path(top) / NAME).is_file():
        return Repository(Path(top))
    if given is None and top is not None:
        return None
    if given is None:
        described = next((folder for folder in (here, *here.parents) if (folder / NAME).is_file()), None)
        if described is None:
            return None
        raise BadInput(
            f"{described} has a {NAME}, and git tells nothing of its refs ({answer.why}); mend that, or name a shipped "
            "release as release:NAME"
        )
    if top is None:
        raise BadInput(f"{given} is no git repository that can be read ({answer.why}); name one with --repo")
    raise BadInput(f"{given} has no {NAME} at its root, {top}; write one with: perf init {top}")
