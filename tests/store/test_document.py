"""The comparison document: what is saved is what is loaded, and what cannot be loaded says so in one sentence."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chronik_perf.model import BadInput, Comparison, MeasurementFailed, Unavailable
from chronik_perf.store import load, save
from tests.builders import a_comparison, with_slices

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Give a comparison with evidence, unavailable numbers, histograms and gaps in its series."""
    made = a_comparison(blocks=3, slices=3)
    return with_slices(
        made, "base", lambda s: dataclasses.replace(s, broker_cpu_s=Unavailable("schedstat cannot be read"))
    )


@pytest.fixture
def saved(comparison: Comparison, tmp_path: Path) -> Path:
    """Give the file of a saved comparison."""
    return save(comparison, tmp_path)


def edited(file: Path, change: Any) -> Path:
    """Change a saved document as somebody with an editor might."""
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    return file


def sentence(path: Path) -> str:
    """Load what cannot be loaded and give what is said; it is one line."""
    with pytest.raises(BadInput) as caught:
        load(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text or str(path / "comparison.json") in text
    return text


def test_what_is_saved_is_what_is_loaded(comparison: Comparison, saved: Path) -> None:
    """Given a saved comparison, loading its file or folder gives an equal one, missing numbers with reasons."""
    assert load(saved) == load(saved.parent) == comparison
    assert load(saved).blocks[0].base.slices[0].broker_cpu_s == Unavailable("schedstat cannot be read")


def test_no_secret_of_a_brokers_environment_is_kept(comparison: Comparison, tmp_path: Path) -> None:
    """Given variables that may be secrets, by their names or in an address, the document has neither of them."""
    env = {"ADMIN_TOKEN": "hunter2", "STORE": "s3://me:hunter2@host/x", "MODE": "fast"}
    secret = dataclasses.replace(comparison.base, env=env)
    file = save(dataclasses.replace(comparison, base=secret, candidate=secret), tmp_path)
    assert "hunter2" not in file.read_text()
    kept = {"ADMIN_TOKEN": "[redacted]", "STORE": "s3://[redacted]@host/x", "MODE": "fast"}
    assert load(file).base.env == load(file).candidate.env == kept


def test_what_earlier_versions_said_of_a_slice_is_passed_over(comparison: Comparison, saved: Path) -> None:
    """Given a document in which every slice says its purpose, as once it did, it is read as it ever was."""

    def as_once(content: dict[str, Any]) -> None:
        for block in content["blocks"]:
            for side in ("base", "candidate"):
                for one in block[side]["slices"]:
                    one["purpose"] = "gate"

    assert load(edited(saved, as_once)) == comparison


def test_a_later_block_replaces_the_document(comparison: Comparison, saved: Path) -> None:
    """Given a saved comparison, saving it grown replaces it and leaves no other file."""
    grown = dataclasses.replace(comparison, blocks=comparison.blocks * 2)
    save(grown, saved.parent)
    assert load(saved) == grown
    assert [p.name for p in saved.parent.iterdir()] == ["comparison.json"]


def test_a_number_that_is_none_is_not_saved(comparison: Comparison, saved: Path) -> None:
    """Given a NaN or an infinity among the numbers, saving refuses, and what was saved before stays."""
    for bad in (float("nan"), float("inf"), float("-inf")):
        with pytest.raises(ValueError, match="where a number should be"):
            save(dataclasses.replace(comparison, elapsed_s=bad), saved.parent)
    assert load(saved) == comparison


def test_the_word_nan_in_a_text_is_no_number(comparison: Comparison, tmp_path: Path) -> None:
    """Given notes that say NaN and Infinity, the document is saved and read as it is."""
    noted = dataclasses.replace(comparison, notes=("the broker said NaN", 'and "Infinity"'))
    assert load(save(noted, tmp_path)) == noted


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9999])
def test_a_truncated_document_says_so(saved: Path, share: float) -> None:
    """Given a document cut off anywhere, it is called cut short."""
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in sentence(saved)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n", b"<html>", b"{'a': 1}", b"\xff\xfe\x00", b"nan", b"[" * 100_000]
)
def test_what_is_not_json_is_called_so(saved: Path, content: bytes) -> None:
    """Given a file of another kind, it is named as no result."""
    saved.write_bytes(content)
    text = sentence(saved)
    assert "not a result of perf compare" in text or "cut short" in text


@pytest.mark.parametrize("content", ["[]", "{}", "7", "null", '"x"', '{"schema_version": true}'])
def test_other_json_is_called_foreign(saved: Path, content: str) -> None:
    """Given JSON of another program, it is named as no result."""
    saved.write_text(content)
    assert "not a result of perf compare" in sentence(saved)


@pytest.mark.parametrize(("version", "said"), [(2, "newer perf"), (0, "no longer reads")])
def test_another_schema_is_refused(saved: Path, version: int, said: str) -> None:
    """Given a document of a newer or an older schema, the sentence says which and what to do."""
    assert said in sentence(edited(saved, lambda c: c.update(schema_version=version)))


def _drop_window(content: dict[str, Any]) -> None:
    del content["blocks"][1]["base"]["slices"][0]["load"]["stored"]


def _text_for_number(content: dict[str, Any]) -> None:
    content["blocks"][1]["base"]["slices"][0]["load"]["stored"] = "many"


def _null_for_measured(content: dict[str, Any]) -> None:
    content["blocks"][1]["base"]["slices"][0]["quiet_s"] = None


def _swapped(content: dict[str, Any]) -> None:
    content["blocks"][2]["base"]["side"] = "candidate"


def _unknown_workload(content: dict[str, Any]) -> None:
    content["blocks"][0]["base"]["slices"][0]["workload"] = "acks7"


def _unknown_evidence(content: dict[str, Any]) -> None:
    content["series"][0]["workload"] = "acks7"


def _twice(content: dict[str, Any]) -> None:
    content["workloads"].append(content["workloads"][0])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_drop_window, "blocks.1.base.slices.0.load.stored"),
        (_text_for_number, "blocks.1.base.slices.0.load.stored"),
        (_null_for_measured, "blocks.1.base.slices.0.quiet_s"),
        (_swapped, "block 2"),
        (_unknown_workload, "acks7"),
        (_unknown_evidence, "acks7"),
        (_twice, "same name"),
    ],
)
def test_a_damaged_document_says_where(saved: Path, change: Any, where: str) -> None:
    """Given one part missing, wrong or at odds with the rest, the sentence names the place."""
    assert where in sentence(edited(saved, change))


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    """Given no file, a folder without a document, or a folder in its place, the sentence says which."""
    assert "there is no" in sentence(tmp_path / "nothing")
    assert "holds no comparison.json" in sentence(tmp_path)
    (tmp_path / "comparison.json").mkdir()
    assert "directory" in sentence(tmp_path)


def test_a_disk_that_does_not_take_it_keeps_what_was_saved(comparison: Comparison, saved: Path) -> None:
    """Given a file size limit below the grown document, the failure is one sentence and the old document whole."""
    code = f"""
import resource, signal
from pathlib import Path
from chronik_perf.model import MeasurementFailed
from chronik_perf.store import load, save
folder = Path({str(saved.parent)!r})
comparison = load(folder)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    save(comparison, folder)
except MeasurementFailed as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True, cwd=ROOT
    )
    assert done.stdout.startswith(f"cannot write {saved}: File too large")
    assert load(saved) == comparison
    assert os.listdir(saved.parent) == ["comparison.json"]


def test_a_folder_in_the_way_is_a_failed_measurement(comparison: Comparison, tmp_path: Path) -> None:
    """Given a file where the run's folder should be, saving fails with a sentence and not with a traceback."""
    (tmp_path / "run").write_text("")
    with pytest.raises(MeasurementFailed, match="cannot write"):
        save(comparison, tmp_path / "run")
