"""What `--netns` needs, and what is said where versions take turns without it."""

from __future__ import annotations

from collections.abc import Iterable

from chronik_perf.cli.saying import say
from chronik_perf.experiment.networks import why_in_turn
from chronik_perf.model import BadInput, Target
from chronik_perf.network import why_no_namespace


def check_namespaces(all_started: bool = True) -> None:
    """Refuse to put both sides into namespaces where that cannot be. Raises BadInput.

    `all_started` tells whether perf starts all brokers: one that runs already is where it is, and a comparison of one
    inside with one outside would be of networks, too.
    """
    if not all_started:
        raise BadInput(
            "a kafka:// broker runs already, and --netns can give no network to it; leave --netns away, or name "
            "versions that perf starts"
        )
    if why := why_no_namespace():
        raise BadInput(
            f"--netns cannot give each side a network namespace: {why}; leave it away, and versions with a fixed_port "
            "are measured in turn"
        )


def say_in_turn(targets: Iterable[Target], namespaces: bool) -> None:
    """Say beforehand that two versions are never up at once, if so: with --netns they may be, and a run is long."""
    if in_turn := why_in_turn(targets, namespaces):
        say(f"whole starts alternate instead of slices: {in_turn}")
