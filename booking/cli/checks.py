"""`yhteistila check`: whether what must always be true is true. Each check asks anew; knows no repair."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import click

from booking.cli.opening import opened
from booking.config import Settings
from booking.db import Database, reading
from booking.migrate import current_revision, head_revision
from booking.models.triggers import constraint_stands
from booking.queries.invariants import (
    bookings_without_their_time,
    overlaps,
    time_without_its_booking,
)
from booking.services.outbox import failed_mails

Finding = tuple[bool, str]


def run(settings: Settings) -> None:
    """Print a line for each check; end with exit code 1 if one of them failed."""
    with opened(settings) as database:
        findings = list(_findings(database))
    for is_well, text in findings:
        click.echo(f"{'ok   ' if is_well else 'WRONG'}  {text}")
    if not all(is_well for is_well, _ in findings):
        raise SystemExit(1)


def _findings(database: Database) -> Iterator[Finding]:
    yield _urllib3()
    revision, head = current_revision(database), head_revision()
    if revision != head:
        # Without its tables nothing else can be asked.
        yield (
            False,
            f"migrations: the database is at {revision or 'nothing'}, this version at {head}; run yhteistila db upgrade",
        )
        return
    yield True, f"migrations: at {head}"
    with reading(database) as session:
        stands = constraint_stands(session.connection())
        yield (
            stands,
            f"constraint: the database {'refuses' if stands else 'does NOT refuse'} to hold a space twice",
        )
        yield _none("time held twice", overlaps(session))
        yield _none(
            "bookings without the time they should hold", bookings_without_their_time(session)
        )
        yield _none("time held for no booking", time_without_its_booking(session))
        yield _none("mails given up", failed_mails(session))


def _none(what: str, count: int) -> Finding:
    return count == 0, f"{what}: {count or 'none'}"


def _urllib3() -> Finding:
    """Whether `urllib3` is the genuine one: a package of another name overwrites it, and whoever imports it runs on the fork."""
    try:
        metadata.version("urllib3-future")
    except metadata.PackageNotFoundError:
        return True, "urllib3: genuine"
    return (
        False,
        "urllib3: overwritten by urllib3-future; install requirements.txt with --no-deps in a fresh environment",
    )
