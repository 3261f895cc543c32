"""What a name would be, and why, without building anything."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.model import BadInput
from chronik_perf.targets.command import command_target
from chronik_perf.targets.git import Repository, find_repository
from chronik_perf.targets.git_ref import check_release, is_built, manifest_for
from chronik_perf.targets.manifest import NAME
from chronik_perf.targets.release import known_releases, release_target


def explain(name: str, repository: Path | None = None) -> list[str]:
    """Give what a name would be, a sentence a line. Raises BadInput for one that stands for nothing."""
    if name.startswith("command:"):
        target = command_target(name.removeprefix("command:"), {})
        return [f"{name}: a command, because it begins so; its program is {target.provenance.detail}."]
    if name.startswith("release:"):
        return [_release(name.removeprefix("release:"), "because it begins so")]
    around = find_repository(repository)
    if name.startswith("worktree:"):
        return [_worktree(around)]
    commit = around.commit_of(name) if around else None
    if around is None or commit is None:
        check_release(name, around)
        why = f"because there is no {NAME} around here"
        if around is not None:
            why = f"because {around.root} has no ref of that name"
        return [_release(name, why)]
    manifest = manifest_for(around, commit, name)
    state = "built, in the cache" if is_built(commit, manifest) else "not built yet"
    lines = [
        f"{name}: commit {commit} of {around.root}, because that repository has a {NAME} and a ref of that name.",
        f"It is described by {manifest.where} and is {state}.",
    ]
    if name in known_releases():
        lines.append(f"A shipped release has that name, too: release:{name} is that one.")
    return lines


def names(repository: Path | None = None) -> list[str]:
    """Give the names that there are, a kind a line."""
    around = find_repository(repository)
    lines = [
        f"shipped releases: {', '.join(known_releases())}",
        "commands: command:'my-broker --port {port} ...'",
    ]
    if around is None:
        return [f"git refs: none, since there is no {NAME} around here (perf init writes one)", *lines]
    tags = around.newest_tags()
    shown = f", such as {', '.join(tags)}" if tags else ""
    return [f"git refs: any of {around.root}{shown}", f"the present tree of {around.root}: worktree:", *lines]


def _release(name: str, why: str) -> str:
    target = release_target(name, {})
    about = f" ({target.description.rstrip('.')})" if target.description else ""
    return f"{name}: a shipped release of the reference broker{about}, {why}."


def _worktree(around: Repository | None) -> str:
    if around is None:
        raise BadInput(
            "worktree: is the tree of a broker's repository with a perf.toml; name one with --repo"
        )
    changed = around.changed()
    state = (
        "git does not say whether it has changes" if changed is None else "no changes since its last commit"
    )
    if changed:
        state = f"dirty: {len(changed)} file{'s' * (len(changed) > 1)} changed, such as {changed[0]}"
    return f"worktree:: the present tree of {around.root}, because it is called so; {state}."
