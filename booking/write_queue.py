"""Whose turn it is to write to the SQLite file. Knows threads and file locks; nothing of SQL.

SQLite lets one writer in at a time and wakes the waiting ones without any order: measured, one back-to-back writer
starves others for 50 s behind `busy_timeout`, and so does a plain `threading.Lock`. So writers of one process stand
in a first-come queue, and the heads of the processes' queues pass a turnstile of two file locks: who holds `next` is
the only one waiting for `active`, so a process that has just written goes behind the one already waiting. The locks
belong to open files, so the kernel frees them when a process dies. Refused: one blocking `flock` (can't be given up
after a time), a lock server (one more thing to run). What would change our mind: SQLite handing out its write lock in
order.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from booking.errors import DatabaseBusy

# Short enough not to be felt by the next writer, long enough that a waiting process costs no noticeable work.
_POLL_SECONDS = 0.001


class WriteQueue:
    """First come, first served, over the threads of this process and then over the processes of this machine."""

    def __init__(self, path: Path, wait_seconds: float = 10.0) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the only turn to write; raises DatabaseBusy when none comes within the wait."""
        deadline = time.monotonic() + self._wait_seconds
        self._enter(deadline)
        try:
            with self._over_processes(deadline):
                yield
        finally:
            self._leave()

    def _enter(self, deadline: float) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        if mine.wait(max(0.0, deadline - time.monotonic())):
            return
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise DatabaseBusy
        # The turn was handed to us in the instant we gave up: pass it on, or everybody behind us would wait for ever.
        self._leave()
        raise DatabaseBusy

    def _leave(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False

    @contextmanager
    def _over_processes(self, deadline: float) -> Iterator[None]:
        with _lock_file(Path(f"{self._path}.active"), deadline, through=Path(f"{self._path}.next")):
            yield


@contextmanager
def _lock_file(path: Path, deadline: float, through: Path) -> Iterator[None]:
    """Hold the lock of `path`, having waited for it as the only holder of `through`'s."""
    active = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        turnstile = os.open(through, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _acquire(turnstile, deadline)
            _acquire(active, deadline)
        finally:
            os.close(turnstile)
        yield
    finally:
        os.close(active)


def _acquire(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise DatabaseBusy from None
            time.sleep(_POLL_SECONDS)
        else:
            return
