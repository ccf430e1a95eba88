"""The floor: what the machine does without us. A bare WSGI application under the same kind of server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.server import wait_until_answering

_BODY_FILE = "FLOOR_BODY"
ETAG = '"floor"'
_body = Path(os.environ[_BODY_FILE]).read_bytes() if _BODY_FILE in os.environ else b""


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Serve the same bytes from memory, or 304 to whoever has them."""
    if environ.get("HTTP_IF_NONE_MATCH") == ETAG:
        start("304 Not Modified", [("ETag", ETAG)])
        return [b""]
    headers = [
        ("Content-Type", "text/calendar"),
        ("ETag", ETAG),
        ("Content-Length", str(len(_body))),
    ]
    start("200 OK", headers)
    return [_body]


@contextmanager
def static_server(body: bytes, folder: Path, workers: int = 2) -> Iterator[int]:
    """Serve `body` from memory by as many processes and threads as the service has; gives the port."""
    path, port = folder / "floor.bytes", free_port()
    path.write_bytes(body)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "tests.bench.floor:application",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    options = [
        "--workers",
        str(workers),
        "--worker-class",
        "gthread",
        "--threads",
        "16",
        "--no-control-socket",
    ]
    environment = {**os.environ, _BODY_FILE: str(path)}
    with (folder / "floor.log").open("wb") as log:
        process = subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log)
        try:
            wait_until_answering(process, port, "/", folder / "floor.log")
            yield port
        finally:
            process.terminate()
            process.wait(30)
