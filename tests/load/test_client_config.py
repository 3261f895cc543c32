"""Client configurations: read as users write them, and shown without their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from chronik_perf.load.client_config import read_client_config, redact_text
from chronik_perf.model import BadInput
from chronik_perf.secrecy import redact


def read(tmp_path: Path, text: str) -> dict[str, str]:
    """Read a configuration with that text."""
    path = tmp_path / "client.properties"
    path.write_text(text)
    return read_client_config(path)


def test_a_java_clients_file_is_understood(tmp_path: Path) -> None:
    """The names of the Java client become those of librdkafka, with user and password from the JAAS line."""
    config = read(
        tmp_path,
        "# a comment\n"
        "bootstrap.servers=elsewhere:9092\n"
        "security.protocol=SASL_SSL\n"
        "sasl.mechanism = PLAIN\n"
        "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n"
        '    username="alice" password="s=cret";\n',
    )
    assert config == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "PLAIN",
        "sasl.username": "alice",
        "sasl.password": "s=cret",
    }


def test_secrets_are_not_shown() -> None:
    """Passwords, keys and tokens are replaced; paths to key files are not secret."""
    shown = redact(
        {
            "sasl.password": "hunter2",
            "ssl.key.password": "hunter2",
            "ssl.key.pem": "hunter2",
            "sasl.oauthbearer.client.secret": "hunter2",
            "basic.auth.user.info.token": "hunter2",
            "sasl.oauthbearer.config": "principal=alice secret=hunter2",
            "ssl.key.location": "/etc/client.key",
            "security.protocol": "SASL_SSL",
        }
    )
    assert "hunter2" not in str(shown)
    assert shown["ssl.key.location"] == "/etc/client.key"
    assert shown["security.protocol"] == "SASL_SSL"


def test_secrets_are_taken_out_of_sentences() -> None:
    """A client that repeats a password in its error does not spread it."""
    assert "hunter2" not in redact_text("cannot use 'hunter2'", {"sasl.password": "hunter2"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("security.protocol SASL_SSL\n", "line 1 .* is not a property"),
        ("acks=all\n", "sets acks, which the workload decides"),
        ("ssl.truststore.location=/etc/trust.jks\n", "names a Java key store"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """What is no property, and what would change the load behind its name, is bad input."""
    with pytest.raises(BadInput, match=words):
        read(tmp_path, text)


def test_a_refused_line_does_not_show_its_value(tmp_path: Path) -> None:
    """A mistyped line with a password in it is named by its number alone."""
    with pytest.raises(BadInput) as refusal:
        read(tmp_path, "sasl.password: hunter2\n")
    assert "hunter2" not in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is bad input, named."""
    with pytest.raises(BadInput, match=r"nowhere\.properties cannot be read"):
        read_client_config(tmp_path / "nowhere.properties")
