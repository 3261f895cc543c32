"""The words of the domain as frozen dataclasses. Every room speaks them; this one imports no other."""

from chronik_perf.model.bisection import BISECTION_SCHEMA, Bisection, Commit, Contrast, Skipped
from chronik_perf.model.block import (
    OPEN_ON,
    Block,
    Canaries,
    Latency,
    LoadWindow,
    OwnKind,
    OwnMetric,
    Slice,
    Start,
)
from chronik_perf.model.calibration import Calibration, Learnt, Uncalibrated
from chronik_perf.model.cause import Answer, Cause, Share
from chronik_perf.model.comparison import SCHEMA_VERSION, Comparison, Design, Environment, Pilot
from chronik_perf.model.errors import BadInput, MeasurementFailed, PerfError
from chronik_perf.model.evidence import (
    RUNS,
    Lacking,
    MissingProfile,
    Profile,
    ProfileKind,
    Series,
    WaitKind,
    Waits,
    summed,
)
from chronik_perf.model.measured import Measured, Unavailable, known
from chronik_perf.model.metrics import METRICS, NEVER_ACCEPTED, STAGES, Metric
from chronik_perf.model.own import is_own, ms_of_unit, own_metric, unit_in_name
from chronik_perf.model.probe import Probe
from chronik_perf.model.probed import ASKED, CONNECTED, RESTARTED, STOPPED, Phase, Probed, ProbeName
from chronik_perf.model.questions import PROBED
from chronik_perf.model.roles import judged, metric, role
from chronik_perf.model.target import SIDES, Provenance, Side, Target
from chronik_perf.model.verdict import Effect, MetricVerdict, Outcome, Role, Verdict, Word
from chronik_perf.model.workload import Arrival, DriverName, Workload, differing_field

__all__ = [
    "ASKED",
    "BISECTION_SCHEMA",
    "CONNECTED",
    "METRICS",
    "NEVER_ACCEPTED",
    "OPEN_ON",
    "PROBED",
    "RESTARTED",
    "RUNS",
    "SCHEMA_VERSION",
    "SIDES",
    "STAGES",
    "STOPPED",
    "Answer",
    "Arrival",
    "BadInput",
    "Bisection",
    "Block",
    "Calibration",
    "Canaries",
    "Cause",
    "Commit",
    "Comparison",
    "Contrast",
    "Design",
    "DriverName",
    "Effect",
    "Environment",
    "Lacking",
    "Latency",
    "Learnt",
    "LoadWindow",
    "Measured",
    "MeasurementFailed",
    "Metric",
    "MetricVerdict",
    "MissingProfile",
    "Outcome",
    "OwnKind",
    "OwnMetric",
    "PerfError",
    "Phase",
    "Pilot",
    "Probe",
    "ProbeName",
    "Probed",
    "Profile",
    "ProfileKind",
    "Provenance",
    "Role",
    "Series",
    "Share",
    "Side",
    "Skipped",
    "Slice",
    "Start",
    "Target",
    "Unavailable",
    "Uncalibrated",
    "Verdict",
    "WaitKind",
    "Waits",
    "Word",
    "Workload",
    "differing_field",
    "is_own",
    "judged",
    "known",
    "metric",
    "ms_of_unit",
    "own_metric",
    "role",
    "summed",
    "unit_in_name",
]
