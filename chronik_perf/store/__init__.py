"""Results on disk. A run is a folder: our document, and the same data in formats that other tools read."""

from chronik_perf.store.artifacts import write_artifacts
from chronik_perf.store.bisection import load_bisection, save_bisection
from chronik_perf.store.document import load, save
from chronik_perf.store.run_folder import RunFolder

__all__ = ["RunFolder", "load", "load_bisection", "save", "save_bisection", "write_artifacts"]
