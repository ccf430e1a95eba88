"""The worker lets go of what is kept no longer, once a night."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from booking.config import load_settings
from booking.db import Database
from booking.models import AuditEntry, Booking
from booking.worker import Worker
from tests.support.acts import all_rows
from tests.support.world import make_booking, make_world


def test_needs_are_gone_the_morning_after_their_time(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    world = make_world(database)
    booking = make_booking(database, world)
    environ = {"YHTEISTILA_DATA": str(tmp_path), "YHTEISTILA_DATABASE_URL": database_url}
    settings = load_settings(environ)
    left = []
    for days in (29, 31, 31):
        now = booking.ends_at + timedelta(days=days)
        worker = Worker(settings, database, lambda now=now: now)  # type: ignore[misc]
        worker.sweep()
        worker.close()
        left.append([needs is not None for needs in all_rows(database, select(Booking.needs))])
    assert left == [[True], [False], [False]]
    entries = all_rows(database, select(AuditEntry).where(AuditEntry.action == "purge"))
    assert [entry.after for entry in entries] == [{"rule": "needs", "rows": 1}]
