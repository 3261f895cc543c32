"""`python -m chronik_perf`: the same program as `perf`."""

from chronik_perf.cli import main

main()
