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
from collections.abc import Collection
from datetime import UTC, datetime

from huey import Huey, crontab
from huey import storage as storages
from huey.storage import PostgresStorage, SqliteStorage

from booking.config import Settings, logger
from booking.db import Database, transaction
from booking.services.idempotency import forget_old_keys
from booking.services.outbox import deliver
from booking.services.people import end_old_sign_ins
from booking.services.smtp import sender

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

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._send = sender(settings)
        self._huey = _open_queue(settings)
        self._deliver = self._huey.task(retries=0, name="deliver_mails")(self.deliver_mails)
        self._huey.periodic_task(crontab(), retries=0, name="sweep")(self.sweep)
        self.lost_wakes = 0

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
            deliver(self._database, self._send, _now, mail_ids)

    def sweep(self) -> None:
        """Do what a lost wake-up left undone, and clear away what is over. Each in a transaction of its own."""
        self.deliver_mails(None)
        now = _now()
        transaction(self._database, lambda session: end_old_sign_ins(session, now))
        transaction(self._database, lambda session: forget_old_keys(session, now))

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
