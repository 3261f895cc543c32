"""Change-point detection beside other methods: `python -m benchmarks.changes`."""
