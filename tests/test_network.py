"""A network namespace: ports that are taken outside are free in it, and nothing of it stays."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.network import HOST, Network, why_no_namespace
from tests.programs import FROM_ELSEWHERE, need, needs_namespaces, unprivileged

STAYED = "; still at home: True\n"
TRY = f"""
import os
from chronik_perf.network import why_no_namespace
before = os.readlink("/proc/self/ns/net")
print(why_no_namespace(), end="{STAYED.removesuffix("True" + chr(10))}")
print(os.readlink("/proc/self/ns/net") == before)
"""


def here() -> str:
    """Name the network namespace of this thread."""
    return os.readlink("/proc/thread-self/ns/net")


@pytest.fixture
def network() -> Iterator[Network]:
    """Make a namespace for one test."""
    needs_namespaces()
    made = Network.new()
    yield made
    made.close()


def test_one_port_is_free_in_every_network(network: Network) -> None:
    """Given a port that is taken outside, a server in a namespace has it too, and each is reached on its own side."""
    with socket.create_server(("127.0.0.1", 0)) as outside:
        address = outside.getsockname()
        with network.entered():
            inside = socket.create_server(address)
            client = socket.create_connection(address, timeout=5)
        with inside, client, inside.accept()[0] as accepted:
            client.sendall(b"inside")
            assert accepted.recv(16) == b"inside"
            outside.settimeout(0)
            with pytest.raises(BlockingIOError):
                outside.accept()


def test_a_thread_comes_back_to_where_it_was(network: Network) -> None:
    """Given a namespace entered from another one, each way out leads one step back, after an error too."""
    before, other = here(), Network.new()
    with network.entered():
        first = here()
        with HOST.entered():  # of whoever calls: entering it goes nowhere
            assert here() == first
        with pytest.raises(LookupError, match="net:") as failed, other.entered():
            raise LookupError(here())
        assert str(failed.value) not in (before, first)
        assert here() == first
    assert here() == before
    other.close()


def test_processes_and_threads_started_inside_stay_inside(network: Network) -> None:
    """Given a process and a thread that are started in a namespace, they are in it when their starter has left."""
    seen: list[str] = []
    left = threading.Event()

    def look() -> None:
        left.wait(10)
        seen.append(here())

    thread = threading.Thread(target=look)
    with network.entered():
        inside = here()
        thread.start()
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert here() != inside
        left.set()
        thread.join()
        assert seen == [inside]
        assert os.readlink(f"/proc/{child.pid}/ns/net") == inside
    finally:
        child.communicate(b"\n")


def test_a_namespace_has_no_name_that_could_be_left() -> None:
    """Given a namespace that was made and closed, this process holds it no more, and no mount was ever made."""
    needs_namespaces()
    mounts = Path("/proc/self/mountinfo").read_text()
    made = Network.new()
    with made.entered():
        inside = here()
    assert inside in descriptors()
    assert Path("/proc/self/mountinfo").read_text() == mounts
    made.close()
    assert inside not in descriptors()


def descriptors() -> list[str]:
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
        except OSError:  # that of the listing itself
            continue
    return found


def test_a_user_who_may_not_is_told_what_it_takes() -> None:
    """Given a process without the right to make namespaces, the reason names it, and the process stays where it is."""
    done = subprocess.run(unprivileged(sys.executable, "-c", TRY), capture_output=True, text=True, check=True)
    assert "CAP_SYS_ADMIN" in done.stdout
    assert done.stdout.endswith(STAYED)


@pytest.mark.parametrize(
    ("own", "says"), [(("--net",), ""), ((), "CAP_SYS_ADMIN")], ids=["own network", "shared"]
)
def test_a_user_namespace_serves_with_a_network_of_its_own(own: tuple[str, ...], says: str) -> None:
    """Given a user who is root in a user namespace, namespaces can be had if its network is its own, too.

    One who could go into a namespace and not come back to the machine's network is refused, and stays outside.
    """
    as_root = [need("unshare"), "--map-root-user", *own]
    if subprocess.run([*as_root, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{FROM_ELSEWHERE}this machine lets this user make no user namespaces")
    done = subprocess.run([*as_root, sys.executable, "-c", TRY], capture_output=True, text=True, check=True)
    assert says in done.stdout
    assert bool(says) is (done.stdout != STAYED)
    assert done.stdout.endswith(STAYED)


def test_a_reason_is_given_or_a_namespace() -> None:
    """Given this machine, either it tells why there is no namespace, or one can be made."""
    if why_no_namespace():
        with pytest.raises(OSError, match=r"\w"):
            Network.new()
    else:
        Network.new().close()
