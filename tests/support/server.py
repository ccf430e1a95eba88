"""A real server for a test: `yhteistila serve` as its own processes, on a free port of the loopback. Knows the CLI; no page."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port

SECRET = "only-for-tests-" + "x" * 40
FERNET_KEY = "q1Jx0nVb3mT9sW8yZ2cE5fH7kL4pR6uA-dG_iO0jQ1w="
# Seconds. The demo fills its database first, beside other tests on the same processors.
_PATIENCE = 120


@contextmanager
def serving(database_url: str, data: Path, *extra: str, workers: int = 2) -> Iterator[int]:
    """Serve the database until the block ends; gives the port. The server's output lies in `data`/server.log."""
    port = free_port()
    environment = {
        **os.environ,
        "YHTEISTILA_DATABASE_URL": database_url,
        "YHTEISTILA_DATA": str(data),
        "YHTEISTILA_SECRET_KEY": SECRET,
        "YHTEISTILA_FERNET_KEYS": FERNET_KEY,
        "YHTEISTILA_STAFF_SECOND_FACTOR": "offered",
        "YHTEISTILA_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [
        sys.executable,
        "-m",
        "booking.cli",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        *extra,
    ]
    data.mkdir(parents=True, exist_ok=True)
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            wait_until_answering(process, port, "/livez", data / "server.log")
            yield port
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def wait_until_answering(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    """Come back when `path` answers 200; raises RuntimeError with the log when the process ends or time runs out."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            time.sleep(0.02)
        finally:
            connection.close()
    raise RuntimeError(f"the server did not come up:\n{log.read_text(errors='replace')}")
