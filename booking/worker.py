"""The worker: is woken, or wakes by itself each minute, and lets the services do what rows say is due. huey lives here.

huey only wakes and ticks. Its tasks take ids, are never retried, and hold no lock (after a kill -9 a lock of huey's would stay
for ever). What is to be done, who has it in hand and when to try again stands in rows, so two workers, a task that comes twice
and a wake-up that gets lost are all harmless. Knows no page and no request.
"""

from __future__ import annotations

import logging
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from huey import Huey, crontab
from huey import storage as storages
from huey.storage import PostgresStorage, SqliteStorage

from booking.config import Settings, logger
from booking.db import Database, reading, transaction
from booking.errors import BookingError
from booking.services.digest import due_digests, send_digest
from booking.services.escalation import escalate, remind_of_date, soon, undecided
from booking.services.idempotency import forget_old_keys
from booking.services.outbox import Clock, deliver
from booking.services.retention import purge_nightly
from booking.services.sign_ins import end_old_sign_ins
from booking.services.smtp import sender
from booking.services.waiting import look_after_waiting, waiting_rooms

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    # What is due at an instant, as ids, and what does one of them.
    Due = Callable[[Session, datetime], Sequence[int]]
    Do = Callable[[Session, int, datetime], object]

_NAME = "yhteistila"
# One that waits for a slow mail server must not hold up the others.
_THREADS = 2
# Seconds between looks into the queue when it is quiet: the longest a wake-up waits on SQLite.
_LOOK_AT_MOST = 1.0
# Seconds. Shorter than what whoever stops us waits before it kills.
_STOPPING = 15
# How a queue fails that can't be reached: the drivers of either kind. (psycopg is huey's own, where it is installed.)
_UNREACHABLE: tuple[type[Exception], ...] = (OSError, sqlite3.Error)
if storages.psycopg is not None:
    _UNREACHABLE += (storages.psycopg.Error,)


class Worker:
    """The work that waits, seen from both ends: `wake` puts an errand into the queue, `run` does what the queue holds."""

    def __init__(self, settings: Settings, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._now = clock or _now
        self._send = sender(settings)
        self._keeps_keys = settings.demo
        self._huey = _open_queue(settings)
        self._deliver = self._huey.task(retries=0, name="deliver_mails")(self.deliver_mails)
        self._huey.periodic_task(crontab(), retries=0, name="sweep")(self.sweep)
        self.lost_wakes = 0
        self.put_off = (
            0  # errands that could not be done when they were due; the next sweep tries again
        )

    def wake(self, mail_ids: Collection[int] | None = None) -> None:
        """Let these mails be sent at once (None: whatever is due). For after the commit.

        Never raises for a queue that fails: the sweep finds the mail within a minute; the loss is logged and counted.
        """
        if mail_ids is not None and not mail_ids:
            return
        try:
            self._deliver(None if mail_ids is None else sorted(mail_ids))
        except _UNREACHABLE as error:
            self.lost_wakes += 1
            logger.warning("wake_lost", error=str(error), lost_wakes=self.lost_wakes)

    def deliver_mails(self, mail_ids: list[int] | None) -> None:
        """Send these mails (None: all) as far as they are due. Without a mail server they wait."""
        if self._send is not None:
            deliver(self._database, self._send, self._now, mail_ids, self._keeps_keys)

    def sweep(self) -> None:
        """Do what a lost wake-up left undone, and clear away what is over. Each in a transaction of its own."""
        self.deliver_mails(None)
        now = self._now()
        transaction(self._database, lambda session: end_old_sign_ins(session, now))
        transaction(self._database, lambda session: forget_old_keys(session, now))
        with ExitStack() as rest:
            # Pushed in the opposite order of their turn: a fault in one job must not keep the others from theirs.
            # A night's work comes last, since it may take a while.
            rest.callback(self._purge, now)
            rest.callback(self._each, "digest", due_digests, send_digest, now)
            rest.callback(self._each, "reminder of a date", soon, remind_of_date, now)
            rest.callback(self._each, "waiting list", waiting_rooms, look_after_waiting, now)
            rest.callback(self._each, "escalation", undecided, escalate, now)

    def _purge(self, now: datetime) -> None:
        purged = purge_nightly(self._database, now)
        if purged is not None:
            logger.info("purged", **purged)

    def _each(self, what: str, due: Due, do: Do, now: datetime) -> None:
        """Do what is `due`, row by row, each in a transaction of its own: one that can't be done now holds up no other.

        Nor does a fault of ours: the others are done all the same, then it is raised, and huey logs it.
        """
        with reading(self._database) as session:
            found = due(session, now)
        with ExitStack() as rest:
            for row_id in reversed(found):
                rest.callback(self._one, what, do, row_id, now)

    def _one(self, what: str, do: Do, row_id: int, now: datetime) -> None:
        try:
            transaction(self._database, partial(_done, do, row_id, now))
        except BookingError as error:
            self.put_off += 1
            told = {"what": what, "row_id": row_id, "error": str(error), "put_off": self.put_off}
            logger.warning("not_done_now", **told)

    def close(self) -> None:
        """Close the connection to the queue."""
        self._huey.storage.close()

    def run(self, parent: int | None = None) -> None:
        """Work until SIGTERM or SIGINT, and end what is in hand then. `parent`: stop as well when that process is gone."""
        stop = threading.Event()
        signals = {signal.SIGTERM, signal.SIGINT}
        consumer = self._huey.create_consumer(
            workers=_THREADS, max_delay=_LOOK_AT_MOST, shutdown_timeout=_STOPPING
        )
        # huey sets handlers of its own at its start. A signal that came in between would be lost: let it wait for ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        consumer.start()
        for number in signals:
            signal.signal(number, lambda *_: stop.set())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        logger.info("worker_started")
        self.wake()
        while not stop.wait(_LOOK_AT_MOST):
            consumer.check_worker_health()
            if parent is not None and os.getppid() != parent:
                logger.warning("worker_orphaned")
                break
        consumer.stop(graceful=True)
        logger.info("worker_stopped")


def _done(do: Do, row_id: int, now: datetime, session: Session) -> None:
    do(session, row_id, now)


def _open_queue(settings: Settings) -> Huey:
    # huey tells of each task at INFO; what it did, the services tell.
    logging.getLogger("huey").setLevel(logging.WARNING)
    if settings.huey == "postgres":
        dsn = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        # Its tables are made by our migrations: eight starting processes raced for it.
        return Huey(
            _NAME, results=False, storage_class=PostgresStorage, dsn=dsn, create_tables=False
        )
    settings.data.mkdir(parents=True, exist_ok=True)
    return Huey(
        _NAME,
        results=False,
        storage_class=SqliteStorage,
        filename=str(settings.data / "huey.db"),
        # A wake-up lost in a power cut costs a minute; waiting for the disk would cost every booking.
        fsync=False,
        timeout=1,
    )


def _now() -> datetime:
    return datetime.now(UTC)
