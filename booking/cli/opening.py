"""What commands begin with: logs and the database. Knows loggers' names; no rows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from booking.config import Settings, configure_logging
from booking.db import Database, open_database


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
