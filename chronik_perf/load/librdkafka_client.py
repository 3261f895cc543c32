"""Making librdkafka clients, so that a refused configuration is one sentence without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from chronik_perf.load.client_config import admin_config, redact_text
from chronik_perf.model import BadInput

Client = TypeVar("Client")


def new_client(
    kind: Callable[[dict[str, Any]], Client],
    config: dict[str, Any],
    client_config: Mapping[str, str] | None,
) -> Client:
    """Make a client. Raises BadInput if librdkafka refuses its configuration."""
    try:
        return kind(config)
    except (KafkaException, ValueError, TypeError) as error:
        raise BadInput(
            f"librdkafka refuses the client configuration: {redact_text(words(error), client_config)}"
        ) from error


def check_client_config(client_config: Mapping[str, str]) -> None:
    """Raise BadInput if librdkafka refuses it: an unknown property, a value, a file that is not there. Asks nobody."""
    new_client(AdminClient, admin_config("", client_config), client_config)


def words(error: Exception) -> str:
    """Give what an exception of confluent-kafka says, without its repr."""
    inner = error.args[0] if error.args else error
    return inner.str() if isinstance(inner, KafkaError) else str(inner)
