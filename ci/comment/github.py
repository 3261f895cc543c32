"""As much of GitHub's API as the comment needs, over the standard library."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

_TIMEOUT_S = 30
_LARGEST_ANSWER_BYTES = 16 << 20
_PIECE_BYTES = 1 << 16
_PAGES = 20  # of 100 each


class Failed(Exception):
    """One sentence: what was asked of GitHub, and what came back."""


class TooLarge(Exception):
    """More came than was to be taken."""


@dataclass(frozen=True)
class Github:
    """One repository as seen through the API."""

    api: str
    repository: str
    token: str

    def get(self, path: str, **query: str) -> Any:
        """Give what a path below the repository answers."""
        return self._json("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def pages(self, path: str) -> Iterator[Any]:
        """Give every item of a list that comes in pages."""
        for page in range(1, _PAGES + 1):
            items = self.get(path, per_page="100", page=str(page))
            yield from items
            if len(items) < 100:
                return

    def send(self, method: str, path: str, content: dict[str, str]) -> Any:
        """Create (POST) or change (PATCH) what is at a path."""
        return self._json(method, path, json.dumps(content).encode())

    def download(self, path: str, into: IO[bytes], most_bytes: int) -> None:
        """Write what a path answers into a file. Raises TooLarge."""
        for piece in self._pieces("GET", path):
            into.write(piece)
            if into.tell() > most_bytes:
                raise TooLarge

    def _json(self, method: str, path: str, content: bytes | None = None) -> Any:
        answer = b""
        for piece in self._pieces(method, path, content):
            answer += piece
            if len(answer) > _LARGEST_ANSWER_BYTES:
                raise Failed(f"GitHub's answer to {method} {path.partition('?')[0]} is too large")
        try:
            return json.loads(answer)
        except ValueError:
            raise Failed(f"GitHub's answer to {method} {path.partition('?')[0]} is no JSON") from None

    def _pieces(self, method: str, path: str, content: bytes | None = None) -> Iterator[bytes]:
        request = urllib.request.Request(f"{self.api}/repos/{self.repository}/{path}", content, method=method)
        # An artifact lies elsewhere, at an address that GitHub redirects to: the token is not for that place.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        asked = f"{method} {path.partition('?')[0]}"
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                while piece := answer.read(_PIECE_BYTES):
                    yield piece
        except urllib.error.HTTPError as error:
            hint = (
                "; the job needs actions: read and pull-requests: write" if error.code in (401, 403) else ""
            )
            raise Failed(f"GitHub answered {error.code} to {asked}{hint}") from None
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"GitHub did not answer {asked} whole: {error}") from None
