"""Writes what other tools read of a run, from its comparison alone."""

from __future__ import annotations

from chronik_perf.model import SIDES, Comparison, Profile, summed
from chronik_perf.store import hdr_log, pyperf_json, stacks
from chronik_perf.store.reading import write
from chronik_perf.store.run_folder import RunFolder


def write_artifacts(comparison: Comparison, folder: RunFolder) -> None:
    """Write pyperf JSON, HdrHistogram logs, folded stacks and speedscope files; what is there is replaced.

    Discarded blocks are left out, and the profiles of a side's starts are summed. What was not measured has no file.
    Raises MeasurementFailed if the disk does not take them or a histogram does not hold what it should.
    """
    for workload in comparison.workloads:
        for side in SIDES:
            benchmark = pyperf_json.benchmark(comparison, workload, side)
            if benchmark is not None:
                write(folder.pyperf_path(workload.name, side), pyperf_json.as_json(benchmark))
            log = hdr_log.hdr_log(comparison, workload, side)
            if log is not None:
                write(folder.latency_path(workload.name, side), log)
    by_file: dict[tuple[str, str, str], list[Profile]] = {}
    for one in comparison.profiles:
        by_file.setdefault((one.workload, one.side, one.kind), []).append(one)
    for starts in by_file.values():
        profile = summed(starts)
        target = comparison.target(profile.side)
        write(folder.profile_path(profile, ".folded"), stacks.folded(profile))
        write(folder.profile_path(profile, ".speedscope.json"), stacks.speedscope(profile, target.name))
