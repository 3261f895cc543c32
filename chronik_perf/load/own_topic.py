"""A topic of one's own on a broker that others use: of a name that nobody has, and deleted whatever happens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from chronik_perf.load.topics import create_topic, delete_topic
from chronik_perf.load.wire.topics import TopicExists
from chronik_perf.model import PerfError


class OwnTopic:
    """A topic that is made for one measurement. Its name is known before it is made, so that no interrupt loses it."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        partitions: int,
        client_config: Mapping[str, str] | None,
        name: str | None = None,
    ) -> None:
        """Choose a name that begins with `prefix`, unless `name` is asked for."""
        self.name = name or f"{prefix}-{secrets.token_hex(8)}"
        self.partitions = partitions
        self._asked = self._refused = False
        self._bootstrap = bootstrap
        self._client_config = client_config

    def make(self) -> None:
        """Create it and wait until its partitions have leaders. Raises MeasurementFailed as `create_topic` does."""
        self._asked = True
        try:
            create_topic(self._bootstrap, self.name, self.partitions, self._client_config)
        except TopicExists:
            self._asked = False  # somebody else's, made in the same moment
            raise
        except PerfError:
            self._refused = True
            raise

    def delete(self) -> str:
        """Delete it if it is there; give why that failed, to follow its name, and an empty text where it did not.

        What was measured is good all the same, and a failure on its way out must not be hidden by this one. One that
        the broker did not make is sought all the same, as it may have come too late; that it is not there is no news.
        """
        if not self._asked:
            return ""
        try:
            delete_topic(self._bootstrap, self.name, self._client_config)
        except PerfError as error:
            return "" if self._refused else f"made for this run and NOT deleted: {error}"
        return ""
