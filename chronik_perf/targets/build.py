"""Builds one commit of a broker's repository in a tree of its own, once for each build environment."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from chronik_perf.model import MeasurementFailed
from chronik_perf.targets import cache
from chronik_perf.targets.git import Repository, git
from chronik_perf.targets.manifest import Manifest
from chronik_perf.targets.scheme import Say

# To find tools, their caches and the network; what else a build reads, perf.toml names in pass_env.
PASSED = (
    *(
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "JAVA_HOME",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "GOPATH",
        "GOCACHE",
    ),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"),
)
_CLONE_S = 600.0
_SHOWN = 20


def build_environment(manifest: Manifest) -> dict[str, str]:
    """Give the complete environment of a build."""
    return {name: os.environ[name] for name in (*PASSED, *manifest.pass_env) if name in os.environ}


def key_of(commit: str, manifest: Manifest) -> str:
    """Name a build by all that goes into it: the commit, the command, the variables that perf.toml passes on."""
    passed = {name: os.environ.get(name) for name in manifest.pass_env}
    parts = json.dumps([commit, manifest.build, passed], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()[:20]


def built(repository: Repository, commit: str, name: str, manifest: Manifest, say: Say) -> Path:
    """Give the tree of a commit, built; it is built now where it was not before.

    Raises MeasurementFailed if the checkout or the build fails, hangs, or leaves nothing to start; BadInput where the
    cache cannot be written. Nothing that a later call would take for whole is left then.
    """
    key = key_of(commit, manifest)
    short = f"{name} ({commit[:10]})"
    with cache.in_use(key, lambda: say(f"another call builds {short}; waiting for it")) as missing:
        if missing:
            _make(repository, commit, name, manifest, key, say)
        cache.touch(key)
    return cache.tree_of(key)


def _make(repository: Repository, commit: str, name: str, manifest: Manifest, key: str, say: Say) -> None:
    """Check a commit out and build it, whole or not at all."""
    short, begun = f"{name} ({commit[:10]})", time.monotonic()
    tree = cache.begin(key)
    try:
        _check_out(repository, commit, short, tree)
        if manifest.build:
            say(f"building {short}: {manifest.build}")
            run_build(manifest, tree, short, cache.log_of(key), say)
        check_program(manifest, tree, short)
        took_s, size = time.monotonic() - begun, cache.size_of(tree)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        cache.finish(cache.Entry(key, str(repository.root), commit, name, now, round(took_s, 1), size))
    except BaseException:
        cache.discard(key)
        raise
    say(f"built {short} in {took_s:.1f} s")


def run_build(manifest: Manifest, tree: Path, short: str, log_path: Path, say: Say) -> None:
    """Run the build's command in a tree. Raises MeasurementFailed, its log's end shown, where it fails or hangs."""
    begun = time.monotonic()
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", manifest.build],
            cwd=tree,
            env=build_environment(manifest),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its children end with it, and a terminal's Ctrl-C is for the toolkit alone
        )
        try:
            code = process.wait(manifest.build_timeout_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end_group(process)
    if code == 0:
        return
    for line in _last_lines(log_path):
        say(f"  {line}")
    took = f"after {time.monotonic() - begun:.0f} s"
    how = f"failed with exit code {code} {took}"
    if code is None:
        how = f"was not done {took} and was ended (timeout_s in [build] of {manifest.where})"
    raise MeasurementFailed(f"the build of {short}, {manifest.build!r}, {how}; its log is {log_path}")


def check_program(manifest: Manifest, tree: Path, short: str) -> None:
    """Raise MeasurementFailed if what [start] names is not there to be started."""
    program = manifest.start[0]
    if "/" in program:
        path = tree / program
        if path.is_file() and os.access(path, os.X_OK):
            return
    elif shutil.which(program, path=build_environment(manifest).get("PATH")):
        return
    raise MeasurementFailed(
        f"the build of {short} left no program {program!r} to start, which [start] of {manifest.where} names"
    )


def _check_out(repository: Repository, commit: str, short: str, tree: Path) -> None:
    """Make a tree of its own, with a .git for builds that ask for it, and without touching the user's repository."""
    # Objects are borrowed, so a repository that is large or shallow costs nothing and asks no network.
    steps = (
        (
            repository.root,
            ("clone", "-q", "--shared", "--no-checkout", "--", str(repository.root), str(tree)),
        ),
        (tree, ("checkout", "-q", "--detach", commit)),
    )
    for folder, words in steps:
        if git(folder, *words, timeout_s=_CLONE_S) is None:
            raise MeasurementFailed(
                f"git could not check out {short} below {tree.parent.parent}{_room(tree.parent)}"
            )
    if not (tree / ".gitmodules").exists():
        return
    # Addresses of submodules may be relative to where the repository came from, and not to where it lies.
    origin = git(repository.root, "remote", "get-url", "origin")
    if origin:
        git(tree, "remote", "set-url", "origin", origin)
    if git(tree, "submodule", "update", "-q", "--init", "--recursive", timeout_s=_CLONE_S) is None:
        raise MeasurementFailed(
            f"git could not fetch the submodules of {short}; see what it says with: "
            "git submodule update --init --recursive"
        )


def _room(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    return f", where only {free / 1e6:.0f} MB are free" if free < 200 << 20 else ""


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever a build has left running, itself included."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        _seek_back(file, 16_384)
        lines = file.read().decode(errors="replace").splitlines()
    return ["".join(c if c.isprintable() else " " for c in line)[:200] for line in lines[-_SHOWN:]]


def _seek_back(file: IO[bytes], n_bytes: int) -> None:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - n_bytes))
