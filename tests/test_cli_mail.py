"""`yhteistila mail bounced`, as a mail server calls it: what it says, and the exit codes the server goes by."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from booking.cli import main
from booking.db import Database, transaction
from booking.models import OutboxMessage
from tests.support.bounces import notification, plain_mail
from tests.support.mails import mails, write_mails


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Give the run its own logging back: commands log to a stream that ends with them."""
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**settings)


def bounced(folder: Path, url: str, raw: bytes) -> tuple[int, str]:
    env = {"YHTEISTILA_DATA": str(folder), "YHTEISTILA_DATABASE_URL": url}
    result = CliRunner().invoke(main, ["mail", "bounced"], input=raw, env=env)
    return result.exit_code, result.stdout


def test_mail_that_came_back_is_marked_and_the_server_is_content(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    write_mails(database)
    transaction(
        database, lambda session: setattr(session.get_one(OutboxMessage, 1), "state", "sent")
    )
    raw = notification(mails(database)[0].message_id)
    assert bounced(tmp_path, database_url, raw) == (
        0,
        "The message is marked as undelivered; staff see it.\n",
    )
    assert mails(database)[0].state == "failed"
    code, said = bounced(tmp_path, database_url, raw)
    assert (code, said.startswith("Nothing to do")) == (0, True)


@pytest.mark.parametrize("raw", [b"", plain_mail(), b"x" * 2**21], ids=["empty", "plain", "large"])
def test_what_is_no_notification_is_refused(tmp_path: Path, database_url: str, raw: bytes) -> None:
    assert bounced(tmp_path, database_url, raw) == (1, "")


def test_a_database_that_is_away_lets_the_server_try_again(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    assert bounced(tmp_path, url, notification("<1@here>")) == (75, "")
