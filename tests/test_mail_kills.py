"""Kill -9 while mails are sent, in a small form: one kill at each place. The full size is `make prove`'s."""

from __future__ import annotations

from pathlib import Path

from booking.db import Database
from tests.prove.mail_kills import EACH, PLACES, run


def test_no_mail_is_lost_or_doubled_when_workers_are_killed(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    report = run(database, database_url, tmp_path, len(PLACES))
    assert (report.kills, report.mails, report.wrong) == (3, 3 * EACH, [])
