"""Chronik Perf: finds performance regressions in log brokers, proves them and names their cause."""
