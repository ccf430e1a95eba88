"""Takes mail that came back, as a mail server pipes it in. Knows exit codes that mail servers understand; no format of mail."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import NoReturn

import click

from booking.cli.opening import opened
from booking.config import Settings
from booking.db import is_reachable, transaction
from booking.errors import DatabaseBusy
from booking.services.bounces import LARGEST, NotANotification, note_bounce

# sysexits.h: the mail server keeps the notification and tries again.
_TRY_AGAIN = 75
_SAID = {
    "marked": "The message is marked as undelivered; staff see it.",
    "known": "Nothing to do: the message is known to be undelivered, or was taken back.",
    "temporary": "Nothing to do: the message may still be delivered.",
    "not_ours": "Nothing to do: this is not about a message of ours.",
}


def take_back(settings: Settings) -> None:
    """Read one notification from standard input and mark its message.

    Ends with exit code 1 if it is none, 75 if the database can't be had now.
    """
    raw = sys.stdin.buffer.read(LARGEST + 1)
    now = datetime.now(UTC)
    with opened(settings) as database:
        if not is_reachable(database):
            _later()
        try:
            outcome = transaction(database, lambda session: note_bounce(session, raw, now))
        except NotANotification as error:
            raise click.ClickException(
                f"This is not a delivery status notification: {error}."
            ) from error
        except DatabaseBusy:
            _later()
    click.echo(_SAID[outcome])


def _later() -> NoReturn:
    click.echo("The database cannot be had now. Try again later.", err=True)
    sys.exit(_TRY_AGAIN)
