"""What commands begin with: logs, the database, who acts. Knows loggers' names; no rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from booking.config import Settings, configure_logging
from booking.db import Database, open_database
from booking.domain.access import Actor

# What the audit says of who did it: somebody with the machine in their hands, whoever it was.
TERMINAL = Actor(person_id=None, name="yhteistila (command line)", is_admin=True)


def start_logging(settings: Settings) -> None:
    """Log to standard error from here on. A demo tells only what is wrong: somebody is reading its terminal."""
    configure_logging()
    # alembic tells each time that it has looked.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if settings.demo:
        logging.getLogger().setLevel(logging.WARNING)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """Give the database of the settings, and close it afterwards."""
    database = open_database(settings.database_url)
    try:
        yield database
    finally:
        database.dispose()
