"""Real processes of `yhteistila`: started, waited for, and seen to end with all their children. Knows Linux's /proc; no row."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Long enough for the busiest machine; only a test that fails waits for it.
PATIENCE = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Return when the condition holds; fail with `what` when it doesn't come to that."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.02)


class Running:
    """A running command; what it says lies in `said`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        """All it has written so far, on both channels."""
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        """Return when it has said `text`."""
        until(
            lambda: text in self.said or self.process.poll() is not None,
            f"{text!r} in:\n{self.said}",
        )
        assert text in self.said, self.said

    def family(self) -> set[int]:
        """The pids of the process and of all its descendants."""
        return _family(self.process.pid)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait, and see that nobody of the family lives on; the exit code."""
        family = self.family()
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        until(lambda: not any(map(_lives, family)), f"the end of all of {family}")
        return code


@contextmanager
def running(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run `yhteistila words…` with these settings and no others; whoever is left of it is killed afterwards."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("YHTEISTILA_")}
    log = folder / f"said-{random.randrange(10**9)}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "booking.cli", *words],
            cwd=ROOT,
            env={**clean, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    family = {process.pid}
    try:
        yield Running(process, log)
    finally:
        family |= _family(process.pid)
        for pid in family:
            if _lives(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait(PATIENCE)


def answers(
    port: int, path: str = "/livez", headers: Mapping[str, str] | None = None
) -> int | None:
    """The status the server answers with; None when nobody answers."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return None


def _family(pid: int) -> set[int]:
    found = {pid}
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = tasks.read_text(encoding="ascii").split()
        except OSError:
            continue  # gone while we looked
        for child in children:
            found |= _family(int(child))
    return found


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
