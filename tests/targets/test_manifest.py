"""perf.toml: what it may say, and how it is told what is wrong."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.targets.guess import guess
from chronik_perf.targets.manifest import read_manifest

WHOLE = r"""
[build]
command = "make broker"
timeout_s = 60
pass_env = ["CFLAGS"]
tools = ["cc --version"]

[start]
command = "./broker --listen {host}:{port} --dir {data_dir} --metrics {metrics_port} {set}"
ready_timeout_s = 30
ready_line = 'started \(kafka\.server\) in \d+ ms'
stop_signal = "SIGINT"
stop_grace_s = 5
least_warm_up_s = 2

[env]
BROKER_PROFILE = "low"

[metrics]
url = "http://{host}:{metrics_port}/actuator/prometheus"
interesting = ["jvm_gc_pause_seconds_sum", "log_queue_length"]

[settings]
override_with = ["--set", "{key}={value}"]
known = { "flush.interval" = "1" }
"""
READY = r"started \(kafka\.server\) in \d+ ms"
METRICS = ("--metrics", "{metrics_port}", "{set}")


def test_everything_that_may_be_said_is_read() -> None:
    """Given a perf.toml that says all there is to say, each word is where it belongs."""
    found = read_manifest(WHOLE, "perf.toml")
    assert found.build == "make broker"
    assert found.build_timeout_s == 60
    assert found.pass_env == ("CFLAGS",)
    assert found.tools == ("cc --version",)
    assert found.start == ("./broker", "--listen", "{host}:{port}", "--dir", "{data_dir}", *METRICS)
    assert (found.ready_timeout_s, found.stop_signal, found.stop_grace_s, found.least_warm_up_s) == (
        30,
        "INT",
        5,
        2,
    )
    assert found.env == {"BROKER_PROFILE": "low"}
    assert found.settings == {"flush.interval": "1"}
    assert found.ready_line == r"started \(kafka\.server\) in \d+ ms"
    assert found.metrics_url == "http://{host}:{metrics_port}/actuator/prometheus"
    assert found.interesting == ("jvm_gc_pause_seconds_sum", "log_queue_length")
    assert found.override_with == ("--set", "{key}={value}")


@pytest.mark.parametrize(
    ("had", "instead", "says"),
    [
        ("[build]", "[bild]", r"no section \[bild\]; did you mean build\?"),
        ("timeout_s = 60", "timout_s = 60", r"\[build\] has no key 'timout_s'; did you mean timeout_s\?"),
        ("timeout_s = 60", "timeout_s = '60'", "timeout_s in .build. must be a number above 0, not '60'"),
        ("timeout_s = 60", "timeout_s = 0", "must be a number above 0"),
        ("timeout_s = 60", "timeout_s = true", "must be a number above 0"),
        ('pass_env = ["CFLAGS"]', "pass_env = [1]", "a text or a list of texts"),
        ('["cc --version"]', '["cc --version", " "]', r"tools in \[build\] has an empty command"),
        ('["cc --version"]', '["cc \'"]', r"tools in \[build\] cannot be read: no closing quotation"),
        ("{port}", "9092", "does not say {port}, so it cannot be told where to listen"),
        ("{data_dir}", "/tmp", "does not say {data_dir}"),
        ("{port}", "{prot}", r"command in \[start\] says {prot}; did you mean {port}\?"),
        (
            "--metrics {metrics_port}",
            "--metrics {metric_port}",
            r"{metric_port}; did you mean {metrics_port}\?",
        ),
        ("{host}", "{HOST}", r"says {HOST}; did you mean {host}\?"),
        ("{set}", "--x={set}", r"says {set} within '--x={set}'.*; make it a word of its own"),
        ("{set}", "{set} --x={set}", "says {set} within '--x={set}'"),
        (
            "{key}={value}",
            "{key}={value}{vale}",
            r"override_with in \[settings\] says {vale}; did you mean {value}",
        ),
        ("{set}", "", "does not say {set}"),
        ('"{key}={value}"', '"{key}"', "override_with"),
        ('"SIGINT"', '"SIGNONE"', "no signal 'NONE'"),
        ('"SIGINT"', '"SIGSTOP"', "stop_signal SIGSTOP ends no process"),
        ('"low"', "1", "BROKER_PROFILE in .env. must be a text"),
        ("./broker", "'./broker", "cannot be read: no closing quotation"),
        ("[env]", "[env", "is not TOML"),
        (READY, "", "ready_line in .start. is empty"),
        (READY, "(", "ready_line in .start. is not a regular expression: missing"),
        (READY, "x{9999999999}", "is not a regular expression: the repetition number is too large"),
        (READY, "[[a]", "is not a regular expression"),
        (READY, "(a+)+b", "repeats a group, which may take for ever"),
        (READY, r"(.*)\1", "repeats a group"),
        (READY, "a?b?c?d?e?", "more than 4 repeats"),
        (READY, "x" * 201, "longer than 200 letters"),
        ("--metrics {metrics_port}", "", r"says {metrics_port}, and command in \[start\] does not"),
        ("{host}:{metrics_port}/a", "{host}:9404/a", "so two brokers would have one page"),
        ("http://{host}", "https://{host}", "must be like http://"),
        ("http://{host}", "http://example.org", "must be like http://"),
        ("/actuator", "/{data_dir}", "must be like http://"),
        ('"log_queue_length"', '"log-queue"', "has 'log-queue', which is no name of a metric"),
        ("log_queue_length", "jvm_gc_pause_seconds_sum", "names jvm_gc_pause_seconds_sum twice"),
        ("log_queue_length", "wait_bucket", "many numbers; name wait_sum or wait_count"),
        ('["jvm_gc_pause_seconds_sum", "log_queue_length"]', '"a"', "must be a list of texts, not 'a'"),
        (
            '"log_queue_length"',
            ", ".join(f'"m{i}"' for i in range(20)),
            "names 21 metrics, and 20 is the most",
        ),
        ("[env]", "[[env]]", "must be a section"),
        ("60", "9" * 5000, "cannot be read: exceeds the limit"),
        ("60", "0x" + "f" * 5000, "cannot be read: exceeds the limit"),
        ("60", "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("60", "[" * 200 + "]" * 200, "must be a number above 0, not .{,99}$"),
        ("make broker", "make \0 broker", "is not TOML"),
        ("make broker", "make \\u0000 broker", r"command in \[build\] holds a zero byte"),
        ("BROKER_PROFILE", '"A=B"', r"\[env\] cannot name a variable 'A=B'"),
        ("BROKER_PROFILE", "PYTHONHASHSEED", r"PYTHONHASHSEED in \[env\] is drawn anew for every start"),
        ("BROKER_PROFILE", '""', r"\[env\] cannot name a variable ''"),
        ("BROKER_PROFILE", '"A\\u0000"', r"\[env\] cannot name a variable 'A\\x00'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(had: str, instead: str, says: str) -> None:
    """Given one slip in a perf.toml, the sentence names the file, the key and what was expected."""
    with pytest.raises(BadInput, match=says) as refused:
        read_manifest(WHOLE.replace(had, instead), "perf.toml of v1")
    assert str(refused.value).startswith("perf.toml of v1")


@pytest.mark.parametrize(
    "word", ["${PORT}", "${set}", "{}", '{"port": 1}', "{sep}", "{topic}", "{date}", "{port,data_dir}"]
)
def test_other_braces_stay_as_they_are(word: str) -> None:
    """Given a shell's variables, a document, or a name that is like none of ours, it is the broker's own affair."""
    text = f"[start]\ncommand = ['b', '{{port}}', '{{data_dir}}', '{word}']\n"
    assert read_manifest(text, "perf.toml").start[-1] == word


def test_metrics_to_look_at_need_a_page() -> None:
    """Given names of metrics and a broker that is told no port for them, the sentence says what is lacking."""
    text = "[start]\ncommand = ['b', '{port}', '{data_dir}']\n[metrics]\ninteresting = ['x']\n"
    with pytest.raises(BadInput, match=r"interesting in .metrics. needs metrics to look at"):
        read_manifest(text, "perf.toml")
    at_port = text + "url = 'http://{host}:{port}/metrics'\n"
    assert read_manifest(at_port, "perf.toml").metrics_url == "http://{host}:{port}/metrics"


@pytest.mark.parametrize(
    "line",
    [r"Kafka Server started", r"\[.*\] INFO .*started", r"ready in \d+(?: ms| s)", r"^\{\"port\": \d+"],
)
def test_a_ready_line_as_brokers_write_them_is_taken(line: str) -> None:
    """Given an expression with a few repeats, escaped brackets and alternatives, it is read as it stands."""
    text = f"[start]\ncommand = ['b', '{{port}}', '{{data_dir}}']\nready_line = '{line}'\n"
    assert read_manifest(text, "perf.toml").ready_line == line


def test_a_start_is_the_least_that_must_be_said() -> None:
    """Given no [start], the sentence asks for it; with it alone, all else has its default."""
    with pytest.raises(BadInput, match="does not say how to start"):
        read_manifest("[build]\ncommand = 'make'\n", "perf.toml")
    found = read_manifest("[start]\ncommand = ['b', '{port}', '{data_dir}']\n", "perf.toml")
    assert (found.build, found.stop_signal, found.env, found.settings) == ("", "TERM", {}, {})


@pytest.mark.parametrize(
    ("file", "content", "build", "program"),
    [
        ("Cargo.toml", '[package]\nname = "logd"\n', "cargo build --release --locked", "target/release/logd"),
        ("go.mod", "module example.org/logd\n", "go build -o perf-broker .", "./perf-broker"),
        (
            "pom.xml",
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><artifactId>logd</artifactId><version>2.1</version></project>',
            "mvn -q -B -DskipTests package",
            "java",
        ),
        (
            "pyproject.toml",
            '[project]\nname = "logd"\n[project.scripts]\nlogd-serve = "logd:main"\n',
            "python3 -m venv .venv && .venv/bin/pip install -q .",
            ".venv/bin/logd-serve",
        ),
        ("README", "", "make", "./broker"),
    ],
)
def test_a_first_manifest_is_guessed_and_can_be_read(
    file: str, content: str, build: str, program: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Given a repository in some language, the guess is a perf.toml that is read without complaint."""
    folder = tmp_path_factory.mktemp("repository")
    (folder / file).write_text(content)
    *_, text = guess(folder)
    found = read_manifest(text, "perf.toml")
    assert found.build == build
    assert found.start[0] == program
    # What it proposes for the gate can be read, too, when its comments are taken away.
    proposed = re.sub(r"^# (?=\[gate\]|workloads|budget|thresholds)", "", text, flags=re.MULTILINE)
    gate = read_manifest(proposed, "perf.toml").gate
    assert (gate.workloads, gate.budget) == (("acks1", "raw"), "3m")
    assert gate.thresholds == {"throughput@acks1": "5%"}


@pytest.mark.parametrize(
    ("file", "content", "program"),
    [
        ("Cargo.toml", "[package]\nname.workspace = true\n", "target/release/broker of ours"),
        ("Cargo.toml", "package = 1\n", "target/release/broker of ours"),
        ("Cargo.toml", "[package]\nname = 'a\"b\\c'\n", 'target/release/a"b\\c'),
        ("Cargo.toml", "[" * 5000, "target/release/broker of ours"),
        ("Cargo.toml", "x = " + "9" * 5000, "target/release/broker of ours"),
        ("pyproject.toml", "[project]\nname = 7\nscripts = ['x']\n", ".venv/bin/broker"),
        ("pyproject.toml", "[project]\nscripts = { 'a\"b' = 'c:d' }\n", '.venv/bin/a"b'),
        ("pom.xml", "<project>", "java"),
        ("pom.xml", "<?xml version='1.0' encoding='no-such-encoding'?><project/>", "java"),
    ],
)
def test_a_first_manifest_can_be_read_whatever_lies_there(
    file: str, content: str, program: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Given what no tool would write, or a name with quotes in it, the guess still is a perf.toml."""
    folder = tmp_path_factory.mktemp("repository") / "broker of ours"
    folder.mkdir()
    (folder / file).write_text(content)
    assert read_manifest(guess(folder)[-1], "perf.toml").start[0] == program


@pytest.mark.parametrize(
    ("files", "program"),
    [
        (
            {
                "Cargo.toml": '[workspace]\nmembers = ["tool", "crates/*", "**/", "/", ""]\n',
                "tool/Cargo.toml": '[package]\nname = "logctl"\n',
                "crates/lib/Cargo.toml": '[package]\nname = "log-server-lib"\n',
                "crates/lib/src/lib.rs": "",
                "crates/serve/Cargo.toml": '[package]\nname = "log-server"\n',
                "crates/serve/src/main.rs": "",
            },
            "target/release/log-server",
        ),
        (
            {"Cargo.toml": '[package]\nname = "logd"\n[[bin]]\nname = "logd-serve"\n'},
            "target/release/logd-serve",
        ),
        ({"go.mod": "", "cmd/admin/main.go": "", "cmd/log-broker/main.go": ""}, "./cmd/log-broker"),
        (
            {
                "pom.xml": "<project><parent><version>3.1</version></parent><artifactId>logd</artifactId></project>",
            },
            "target/logd-3.1.jar",
        ),
        (
            {
                "pom.xml": "<project><artifactId>a</artifactId><build><finalName>logd</finalName></build></project>",
            },
            "target/logd.jar",
        ),
        (
            {"pyproject.toml": '[tool.poetry.scripts]\nlogctl = "a:b"\nlogd-broker = "a:c"\n'},
            ".venv/bin/logd-broker",
        ),
    ],
)
def test_the_program_that_a_repository_names_is_guessed(
    files: dict[str, str], program: str, tmp_path: Path
) -> None:
    """Given several programs, or one not called as its repository, what most sounds like a broker is started."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    found = read_manifest(guess(tmp_path)[-1], "perf.toml")
    assert program in (*found.start, *shlex.split(found.build))


def test_a_guessed_build_is_words_for_a_shell(tmp_path: Path) -> None:
    """Given a Go command in a folder with a blank in its name, the build names that folder and no other."""
    (tmp_path / "cmd" / "my logd").mkdir(parents=True)
    (tmp_path / "go.mod").write_text("module example.org/logd\n")
    build = read_manifest(guess(tmp_path)[-1], "perf.toml").build
    assert shlex.split(build)[-1] == "./cmd/my logd"
