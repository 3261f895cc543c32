"""The commits between a good and a bad one, in the order in which they were made."""

from __future__ import annotations

from chronik_perf.model import BadInput, Commit
from chronik_perf.printing import one_line
from chronik_perf.targets.git import Repository, git


def line_between(repository: Repository, good: str, bad: str) -> tuple[Commit, ...]:
    """Give the commits from good to bad, both included, along first parents: what was merged counts as its merge.

    Raises BadInput where a name is no commit, where both are one, and where good does not lie on that line.
    """
    first, last = (_commit(repository, ref) for ref in (good, bad))
    if first == last:
        raise BadInput(
            f"{good} and {bad} are the same commit, {first[:10]}, so there is nothing between them"
        )
    log = git(repository.root, "log", "--first-parent", "--format=%H%x00%s%x00%aI%x00", f"{first}..{last}")
    since = [_read(line) for line in (log or "").splitlines() if line.count("\0") == 3]
    before = repository.commit_of(f"{since[-1].id}^") if since else None
    if before != first:
        raise BadInput(_why_not(repository, good, bad, first, last))
    told = git(repository.root, "log", "-1", "--format=%H%x00%s%x00%aI%x00", first) or f"{first}\0\0\0"
    return (_read(told), *reversed(since))


def _commit(repository: Repository, ref: str) -> str:
    commit = repository.commit_of(ref)
    if commit is None:
        fetched = (
            " (its older commits were not fetched: git fetch --unshallow)" if repository.is_shallow() else ""
        )
        raise BadInput(f"there is no commit {ref!r} in {repository.root}{fetched}")
    return commit


def _read(line: str) -> Commit:
    commit, subject, authored_at, _ = line.split("\0")
    return Commit(commit, one_line(subject), authored_at)


def _why_not(repository: Repository, good: str, bad: str, first: str, last: str) -> str:
    base = git(repository.root, "merge-base", first, last)
    if base == last:
        return f"{bad} is older than {good}; name the good one first: perf bisect {bad} {good}"
    if base == first:
        return (
            f"{good} came into {bad} by a merge and is not on the line of its first parents; "
            "name a commit of that line as the good one"
        )
    if base:
        return (
            f"{bad} does not descend from {good}; both descend from {base[:10]}, which may be the good one: "
            f"perf bisect {base[:10]} {bad}"
        )
    return f"{bad} does not descend from {good}, nor do the two have a common ancestor here"
