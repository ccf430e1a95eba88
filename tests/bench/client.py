"""A client that costs little: raw HTTP/1.1 on kept connections, timed. Knows no booking."""

from __future__ import annotations

import multiprocessing
import socket
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Times:
    """Seconds of single calls."""

    seconds: list[float]

    @property
    def median_ms(self) -> float:
        """The median, in milliseconds."""
        return round(statistics.median(self.seconds) * 1000, 2)

    @property
    def p95_ms(self) -> float:
        """The 95th percentile, in milliseconds."""
        return round(sorted(self.seconds)[int(len(self.seconds) * 0.95)] * 1000, 2)

    def line(self) -> dict[str, float]:
        """Median and 95th percentile."""
        return {"median_ms": self.median_ms, "p95_ms": self.p95_ms, "calls": len(self.seconds)}


def timed(work: Callable[[Any], Any], given: Iterable[Any]) -> Times:
    """Run `work` with each of what is given, one after the other; making the next one is not timed."""
    found = []
    for one in given:
        started = time.perf_counter()
        work(one)
        found.append(time.perf_counter() - started)
    return Times(found)


class Connection:
    """One kept connection; answers are read whole, by their Content-Length."""

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self._port = port
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[int, bytes, bytes]:
        """Send a request; gives status, head and body. Underscores in header names stand for hyphens."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        try:
            self._socket.sendall(request)
            return self._answer()
        except ConnectionError:
            # Kept connections are closed by the server after a quiet moment; nothing was done with this request.
            self._socket.close()
            self._open()
            self._socket.sendall(request)
            return self._answer()

    def _answer(self) -> tuple[int, bytes, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionError("the server closed the connection")
            received += part
        head, _, rest = received.partition(b"\r\n\r\n")
        status, lower = int(head[9:12]), head.lower()
        parts, missing = [rest], 0
        if status != 304 and b"content-length:" in lower:
            missing = int(lower.split(b"content-length:")[1].split(b"\r\n")[0]) - len(rest)
        while missing > 0:
            part = self._socket.recv(min(missing, 1 << 20))
            parts.append(part)
            missing -= len(part)
        return status, head, b"".join(parts)


def rate(port: int, path: str, seconds: float, status: int, **headers: str) -> float:
    """Calls a second of four clients, a process each; every answer must have this status."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        jobs = [pool.apply_async(_hammer, (port, path, seconds, status, headers)) for _ in range(4)]
        return round(sum(job.get() for job in jobs))


def _hammer(port: int, path: str, seconds: float, status: int, headers: dict[str, str]) -> float:
    connection, count, started = Connection(port), 0, time.perf_counter()
    while time.perf_counter() < started + seconds:
        for _ in range(20):
            found, _, _ = connection.call(path, "GET", b"", **headers)
            assert found == status, found
            count += 1
    return count / (time.perf_counter() - started)
