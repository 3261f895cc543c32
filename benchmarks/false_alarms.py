"""Counts the verdicts of a version beside itself: how often `perf compare V V --quick` exits with 0, 1 and 3.

    python benchmarks/false_alarms.py [--runs 20] [--version v2.2.0]

Every 1 is a false alarm. Runs one after the other, about a minute each; prints one line a run and the count.
"""

from __future__ import annotations

import argparse
import collections
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEANING = {0: "unchanged", 1: "FALSE ALARM", 3: "inconclusive", 4: "measurement failed"}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--version", default="v2.2.0")
    parser.add_argument("--keep", type=Path, help="keep the runs' folders here")
    given = parser.parse_args()
    count: collections.Counter[int] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="false-alarms-", dir=".") as scratch:
        root = given.keep or Path(scratch)
        for number in range(1, given.runs + 1):
            begun = time.monotonic()
            command = [
                sys.executable,
                "-m",
                "chronik_perf",
                "compare",
                given.version,
                given.version,
                "--quick",
                "--wait",
            ]
            done = subprocess.run(
                [*command, "--out", str(root / f"run-{number:02d}")],
                capture_output=True,
                text=True,
                check=False,
            )
            count[done.returncode] += 1
            elapsed_s = time.monotonic() - begun
            line = done.stdout.splitlines()[0] if done.stdout else done.stderr.strip().splitlines()[-1]
            print(f"run {number:2}: exit {done.returncode} after {elapsed_s:.0f} s  {line}", flush=True)
    print(f"\n{given.runs} runs of {given.version} beside itself:")
    for code, times in sorted(count.items()):
        print(f"  exit {code} ({MEANING.get(code, 'unexpected')}): {times}")


if __name__ == "__main__":
    main()
