"""What was measured, and on what: targets, the machine and its canaries."""

from __future__ import annotations

from chronik_perf.model import Canaries, Environment, Provenance, Target


def canaries(scale: float = 1.0) -> Canaries:
    """Give the three canaries of a machine at rest, all slower by one factor."""
    return Canaries(fdatasync_ms=0.12 * scale, cpu_loop_ms=8.0 * scale, loopback_us=53.0 * scale)


def a_target(name: str, dirty: bool | None = False) -> Target:
    """Give a shipped release as a target."""
    return Target(
        name=name,
        argv=(
            "python",
            "-m",
            "broker",
            "start",
            "--version",
            name,
            "--port",
            "{port}",
            "--data-dir",
            "{data_dir}",
        ),
        ready="json-line",
        provenance=Provenance("checkout", "6a45c51d0c0ffee0", dirty, "release file"),
        version=name,
        config={
            "wal.profile": "high" if name == "v2.2.0" else "medium",
            "wal.worker": "notify-or-timer" if name == "v2.2.0" else "altered",
            "metadata.store": "metalog" if name == "v2.2.0" else "raft",
        },
        description=f"release {name}",
    )


def an_environment() -> Environment:
    """Give the machine that all built comparisons were measured on."""
    return Environment(
        fingerprint="2-core-test",
        cpu_model="Test CPU",
        cores=2,
        broker_core=0,
        load_core=1,
        kernel="6.1.0",
        python="3.11.2",
        filesystem="ext4",
        mount_options="rw,relatime",
        clients={"confluent-kafka": "2.16.1", "librdkafka": "2.16.1"},
        facts={"governor": "performance"},
    )
