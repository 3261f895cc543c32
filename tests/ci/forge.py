"""As much of GitHub's API as the comment asks for, on a loopback port, with a record of who asked what."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPOSITORY = "team/broker"


@dataclass
class Forge:
    """What is there: pull requests, comments, and the archives of a run's artifacts; and what was asked."""

    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    refuses: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    told_elsewhere: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, address: str, content: Any) -> Any:
        """Give what GitHub would answer to a call."""
        parts = urllib.parse.urlsplit(address)
        query = dict(urllib.parse.parse_qsl(parts.query))
        path = parts.path.removeprefix(f"/repos/{REPOSITORY}/")
        self.asked.append((method, path))
        match method, path.split("/"):
            case "GET", ["pulls"]:
                owner, _, branch = query["head"].partition(":")
                return [
                    p
                    for p in self.pulls
                    if (p["owner"], p["head"]["ref"]) == (owner, branch) and query["state"] == "open"
                ]
            case "GET", ["actions", "runs", "77", "artifacts"]:
                return {"artifacts": [{"id": n, "name": query["name"]} for n in self.archives]}
            case "GET", ["issues", _, "comments"]:
                first = (int(query["page"]) - 1) * 100
                return self.comments[first : first + 100]
            case "POST", ["issues", number, "comments"]:
                by = {"login": "github-actions[bot]"}
                self.comments.append({"id": 900, "user": by, "issue": int(number), **content})
                return {}
            case "PATCH", ["issues", "comments", number]:
                [comment] = [c for c in self.comments if c["id"] == int(number)]
                comment.update(content)
                return {}
        raise AssertionError(f"GitHub has no {method} {path}")


@contextlib.contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Serve it, at `forge.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/elsewhere/"):
                forge.told_elsewhere.append(self.headers["Authorization"])
                self.reply(200, forge.archives[int(self.path.rpartition("/")[2])])
            elif self.path.endswith("/zip"):
                self.send_response(302)
                self.send_header("Location", f"{forge.url}/elsewhere/{self.path.split('/')[-2]}")
                self.end_headers()
            else:
                self.call()

        def call(self) -> None:
            size = int(self.headers["Content-Length"] or 0)
            content = json.loads(self.rfile.read(size)) if size else None
            if forge.refuses or self.headers["Authorization"] != "Bearer a-token":
                self.reply(403, b"{}")
            else:
                self.reply(200, json.dumps(forge.answer(self.command, self.path, content)).encode())

        do_POST = do_PATCH = call

        def reply(self, code: int, content: bytes) -> None:
            self.send_response(code)
            self.end_headers()
            with contextlib.suppress(OSError):  # who has had enough may go
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
