"""Latencies as HdrHistogram logs, one tagged histogram a slice, for HistogramLogReader and its kin."""

from __future__ import annotations

import io
from collections.abc import Iterator

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter

from chronik_perf.model import Comparison, Latency, LoadWindow, MeasurementFailed, Side, Workload


def hdr_log(comparison: Comparison, workload: Workload, side: Side) -> str | None:
    """Give the log of one side of one workload, values in µs; None if no latency was recorded (acks=0).

    Tags are b<block>-s<slice>. Raises MeasurementFailed if a histogram does not hold what it should.
    """
    # By time, since readers drop what lies before the first line. Blocks are in that order, unless a run was
    # resumed after a reboot and its clock began again.
    taken = sorted(_slices(comparison, workload.name, side), key=lambda one: one[1].first_send_ns)
    if not taken:
        return None
    text = io.StringIO()
    writer = HistogramLogWriter(text)
    writer.output_comment(f"{' '.join(comparison.target(side).name.split())}: {workload.describe()}")
    writer.output_comment(
        "values and Interval_Max in µs; time stamps in s from the first slice; tag = block and slice"
    )
    writer.output_log_format_version()
    writer.output_legend()
    origin_ns = taken[0][1].first_send_ns
    for tag, load, latency in taken:
        histogram = _decoded(latency, tag)
        histogram.set_start_time_stamp((load.first_send_ns - origin_ns) / 1e6)
        histogram.set_end_time_stamp((load.last_ack_ns - origin_ns) / 1e6)
        text.write(f"Tag={tag},")  # the reader knows tags, the writer does not
        writer.output_interval_histogram(histogram, max_value_unit_ratio=1.0)
    return text.getvalue()


def _slices(comparison: Comparison, workload: str, side: Side) -> Iterator[tuple[str, LoadWindow, Latency]]:
    for block in comparison.kept_blocks:
        for number, one in enumerate(block.side(side).gate_slices(workload)):
            if one.load.response is not None and one.load.response.recorded > 0:
                yield f"b{block.index}-s{number}", one.load, one.load.response


def _decoded(latency: Latency, tag: str) -> HdrHistogram:
    try:
        histogram = HdrHistogram.decode(latency.hdr)
    except Exception as error:  # the decoder lets whatever zlib, base64 and ctypes raise through
        raise MeasurementFailed(f"the histogram of slice {tag} cannot be decoded: {error}") from None
    if histogram.total_count != latency.recorded:
        raise MeasurementFailed(
            f"the histogram of slice {tag} holds {histogram.total_count} latencies, "
            f"and {latency.recorded} were recorded"
        )
    return histogram
