"""Renew the expected mails from what the service writes now: look at the difference before you keep it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from booking.db import open_database
from booking.i18n import LOCALES
from booking.migrate import upgrade
from tests.mails.scenes import SCENES, mail_of, speak
from tests.mails.whole import expected_file, whole
from tests.support.world import make_world


def renew(locales: list[str]) -> None:
    """Write the file of each kind in these languages."""
    for kind in SCENES:
        for locale in locales:
            with tempfile.TemporaryDirectory() as folder:
                url = f"sqlite:///{Path(folder) / 'mails.db'}"
                database = open_database(url)
                upgrade(database)
                world = make_world(database)
                speak(database, world, locale)
                text = whole(mail_of(database, world, kind))
                database.dispose()
            expected_file(kind, locale).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    renew(sys.argv[1:] or list(LOCALES))
