"""The distribution: a built wheel does what the checkout does, and needs what it says that it needs."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from chronik_perf.store import load
from tests.programs import need

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = """
import hashlib, json
from chronik_perf import resources
print(json.dumps({
    name: {p.relative_to(at).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
           for at in [resources.folder(name)] for p in sorted(at.rglob("*")) if p.is_file()}
    for name in ("templates", "baselines", "releases")
}))
"""


@dataclass(frozen=True)
class Installation:
    """One environment that holds the two programs, and an empty folder to run them in."""

    bin: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment, with nothing of the test's own environment on its path."""
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        # A machine lock of its own, so that no other run makes these wait.
        return {**kept, "PATH": f"{self.bin}:/usr/bin:/bin", "TMPDIR": str(self.folder), "COLUMNS": "100"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the locked back end."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Install the wheel into an empty environment that borrows the libraries, and only them, from this one."""
    home = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True, timeout=60)
    uv = need("uv", str(Path(sys.executable).with_name("uv")))
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*command, "--python", home / "bin" / "python", wheel], check=True, timeout=60)
    [libraries] = home.glob("lib/python3*/site-packages")
    # A .pth below a .pth is not read: the checkout, which is here as one, stays out.
    (libraries / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installation(home / "bin", tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Give the environment that the tests run in, where the checkout is installed as it lies."""
    return Installation(Path(sys.executable).parent, tmp_path_factory.mktemp("checkout"))


def test_the_wheel_is_what_runs(installed: Installation) -> None:
    """Given the wheel's environment, both packages come from there and neither from the checkout."""
    code = "import broker, chronik_perf; print(broker.__file__, chronik_perf.__file__)"
    for path in installed.run("python", "-c", code).stdout.split():
        assert Path(path).is_relative_to(installed.bin.parent)


def test_both_have_the_same_resources(installed: Installation, checkout: Installation) -> None:
    """Given either, templates, baselines and releases are found and are the same to the byte."""
    here, there = (json.loads(i.run("python", "-c", RESOURCES).stdout) for i in (checkout, installed))
    assert here == there
    assert {"v2.2.0.toml", "v2.2.7.toml", "v2.2.7-nospawn.toml", "v2.2.8.toml"} <= set(here["releases"])
    assert "report.html.j2" in here["templates"]


def test_both_answer_the_same(installed: Installation, checkout: Installation) -> None:
    """Given either, help is the same, and so is the refusal of an unknown version, which names those known."""
    for arguments, code in ((("compare", "--help"), 0), (("compare", "v2.2.0", "v9"), 2)):
        here, there = (i.run("perf", *arguments) for i in (checkout, installed))
        assert (here.returncode, here.stdout, here.stderr) == (code, there.stdout, there.stderr)
        assert there.returncode == code
        assert "v2.2.7" in there.stdout + there.stderr


def test_the_second_name_is_the_same_program(installed: Installation) -> None:
    """Given Linux's own `perf`, ours is there as `chronik-perf`, too, and calls itself so."""
    help_text = installed.run("chronik-perf", "--help")
    assert help_text.returncode == 0
    assert "chronik-perf [OPTIONS]" in help_text.stdout


def test_both_start_every_release(installed: Installation, checkout: Installation) -> None:
    """Given any release, the broker serves it with the same effective configuration from either."""
    names = sorted(p.stem for p in (ROOT / "broker" / "releases").glob("*.toml"))
    assert [list(ready(checkout, names))] == [list(ready(installed, names))]


def ready(installation: Installation, releases: list[str]) -> Iterator[tuple[str, object]]:
    """Start brokers of these releases, give what each says of its configuration, and stop them."""
    for release in releases:
        arguments = ["start", "--data-dir", f"data-{release}", "--port", "0", "--version", release]
        with subprocess.Popen(
            [installation.bin / "python", "-m", "broker", *arguments],
            cwd=installation.folder,
            env=installation.environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
            finally:
                process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
        yield release, json.loads(line)["config"]


def test_the_wheel_gates(installed: Installation) -> None:
    """Given the wheel alone, the gate measures two versions with it to a verdict and has a report to publish."""
    done = installed.run(
        "perf", "gate", "v2.2.0", "v2.2.7", "--budget", "15s", "--no-profiles", "--out", "run"
    )
    assert done.returncode in (1, 3), done.stdout + done.stderr
    run = installed.folder / "run"
    assert {"comparison.json", "report.html", "summary.md", "junit.xml"} <= {p.name for p in run.iterdir()}
    comparison = load(run)
    assert (comparison.base.provenance.source, comparison.candidate.provenance.source) == ("wheel", "wheel")


@pytest.mark.parametrize(
    ("folders", "groups"), [(["chronik_perf", "broker"], []), (["tests", "benchmarks"], ["test"])]
)
def test_every_library_is_declared(folders: list[str], groups: list[str]) -> None:
    """Given any import of a library, pyproject.toml names the distribution that brings it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = list(project["project"]["dependencies"])
    for group in groups:
        declared += project["dependency-groups"][group]
    names = {normal(re.split(r"[<>=!~;\[ ]", line)[0]) for line in declared}
    brought_by = packages_distributions()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            beside = {p.stem for p in path.parent.glob("*.py")}  # a script may import its neighbour
            for module in libraries(path) - beside:
                by = {normal(name) for name in brought_by.get(module, [])}
                assert by & names, f"{path.relative_to(ROOT)} imports {module}, which nothing declared brings"


def test_every_declared_library_is_used() -> None:
    """Given any runtime dependency, the packages import it; but a program, and what another library asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = {normal(re.split(r"[<>=!~;\[ ]", line)[0]) for line in project["project"]["dependencies"]}
    modules = {
        m for name in ("chronik_perf", "broker") for p in (ROOT / name).rglob("*.py") for m in libraries(p)
    }
    used = {normal(name) for module in modules for name in packages_distributions().get(module, [])}
    assert declared - used == {"py-spy", "cryptography"}


def libraries(path: Path) -> set[str]:
    """Give the top names of what a file imports and is neither the standard library's nor ours."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"chronik_perf", "broker", "tests", "benchmarks"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_locks_pin_everything_and_name_no_address() -> None:
    """Given any lock file, each line is an exact version with its hashes, and no index or folder is named."""
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for line in path.read_text().splitlines():
            assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), (
                line
            )


def test_what_is_declared_is_locked() -> None:
    """Given any dependency that pyproject.toml declares, a lock file pins it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for lock, declared in (
        ("runtime", project["project"]["dependencies"]),
        ("test", project["dependency-groups"]["test"]),
        ("build", [*project["dependency-groups"]["build"], *project["build-system"]["requires"]]),
    ):
        pinned = set(
            re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / f"{lock}.txt").read_text(), re.M)
        )
        assert {normal(re.split(r"[<>=!~;\[ ]", line)[0]) for line in declared} <= pinned


def test_no_tracked_file_names_a_machine_or_a_download() -> None:
    """Given any file under version control, it holds no path of this machine and no address of a download."""
    listed = subprocess.run(
        [need("git"), "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, timeout=30, check=False
    )
    if listed.returncode:
        pytest.skip("this is no git checkout, so nothing says which files are the project's")
    machine = [re.escape(f"{path}/") for path in {str(ROOT), str(Path.home())} if path != "/"]
    address = r"https?://[^ \"]+(\.whl|\.tar\.gz|\.tgz|\.jar|/simple\b)"
    bad = re.compile("|".join([*(rf"(?<![\w.]){path}" for path in machine), address]))
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            found = bad.search(path.read_text(errors="replace"))
            assert found is None, f"{name} names {found.group() if found else ''}"
