"""Which client libraries give the load: a run records them, for an upgrade of one can move every number."""

from __future__ import annotations

import confluent_kafka


def client_versions() -> dict[str, str]:
    """Give the versions of the libraries that are in use, by name."""
    return {
        "confluent-kafka": str(confluent_kafka.__version__),
        "librdkafka": str(confluent_kafka.libversion()[0]),
    }
