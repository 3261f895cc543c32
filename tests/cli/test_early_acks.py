"""An acknowledgement before the sync, by a real broker that does so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.programs import children_left, perf


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_broker_that_acknowledges_before_its_sync_fails(tmp_path: Path) -> None:
    """Given a candidate that is made to acknowledge before it has synced, the exit code is 1, and the words say why.

    By its other figures it has not regressed.
    """
    asked = [
        "compare",
        "v2.2.0",
        "v2.2.0",
        "--set-candidate",
        "fault.early_ack=1",
        "--workload",
        "acks1",
        "--quick",
    ]
    done = perf(
        [*asked, "--budget", "200s", "--no-profiles", "--seed", "1", "--out", "run"], tmp_path, timeout_s=280
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "acknowledges before its bytes are synced" in done.stdout
    rows = json.loads((tmp_path / "run" / "verdict.json").read_text())["rows"]
    words = {row["metric"]: row["word"] for row in rows}
    assert words["early_acks"] == "regressed"
    assert words["throughput"] != "regressed"
    assert "acknowledges before its bytes are synced" in (tmp_path / "run" / "junit.xml").read_text()
    assert not children_left(tmp_path)
