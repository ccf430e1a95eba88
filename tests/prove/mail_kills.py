"""Workers are killed (kill -9) in the middle of sending, again and again: no mail is lost, none doubled but under its own
Message-ID.

Knows processes, a real SMTP server and the rows. A worker is killed at one of three places: before the server has the mail, when
it has it and has not answered, and when it has answered. A mail may come once more for each kill that met it in a worker's
hands; else it comes exactly once.
"""

from __future__ import annotations

import base64
import os
import secrets
import signal
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.models import OutboxMessage
from tests.support.mails import mails, write_mails
from tests.support.mailserver import Inbox, MailServer
from tests.support.processes import running, until

PLACES = ("before the server has it", "before it has answered", "after its answer")
# Mails that are written for each worker; it is killed at one of them.
EACH = 4
_DIES_AT = 2


@dataclass
class Report:
    """What came of it: kills, mails, how many came twice; `wrong` names each broken promise."""

    kills: int = 0
    mails: int = 0
    twice: int = 0
    places: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """The report as a JSON line."""
        return {
            "kills": self.kills,
            "mails": self.mails,
            "twice": self.twice,
            "places": dict(self.places),
            "wrong": self.wrong,
        }


class Trap(Inbox):
    """A mail server that kills whoever sends to it, at a place, with the mail that is its turn."""

    def __init__(self) -> None:
        super().__init__()
        self._victim: int | None = None
        self._place = ""
        self._left = 0
        self.is_sprung = threading.Event()

    def set(self, victim: int, place: str) -> None:
        """Kill this process at this place."""
        self.is_sprung.clear()
        self._victim, self._place, self._left = victim, place, _DIES_AT

    async def handle_RCPT(
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        options: Any,
    ) -> str:
        """Kill before the mail itself comes."""
        self._left -= 1
        if self._left <= 0 and self._place == PLACES[0]:
            self._spring()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        """Take the mail; kill before the answer goes out, or just after."""
        answer = await super().handle_DATA(server, session, envelope)
        if self._left <= 0 and self._place == PLACES[1]:
            self._spring()
        return answer

    async def handle_QUIT(self, server: SMTP, session: SmtpSession, envelope: Envelope) -> str:
        """Kill when the sender, who has its answer, says goodbye."""
        if self._left <= 0 and self._place == PLACES[2]:
            self._spring()
        return await super().handle_QUIT(server, session, envelope)

    def _spring(self) -> None:
        victim, self._victim = self._victim, None
        if victim is not None:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
            self.is_sprung.set()


def run(database: Database, url: str, folder: Path, kills: int) -> Report:
    """Kill so many workers, each in the middle of its work; then let one finish, and look."""
    report, trap, excused = Report(), Trap(), Counter[str]()
    with MailServer(trap) as server:
        env = _environment(url, folder, server.port)
        for number in range(kills):
            write_mails(database, EACH, now=datetime.now(UTC))
            place = PLACES[number % len(PLACES)]
            with running(folder, "worker", env=env) as worker:
                trap.set(worker.process.pid, place)
                process = worker.process
                until(
                    lambda process=process: trap.is_sprung.is_set() or process.poll() is not None,  # type: ignore[misc]
                    f"the kill {place}",
                )
                assert trap.is_sprung.is_set(), worker.said
                process.wait(30)
            report.kills += 1
            report.places[place] += 1
            excused.update(_in_hand(database))
            _let_time_pass(database)
        with running(folder, "worker", env=env) as worker:
            until(lambda: _all_sent(database), "all mails to be sent")
            worker.end()
    _look(database, trap, excused, report)
    return report


def _in_hand(database: Database) -> set[str]:
    """Mails that the dead worker had in hand: whether the server has them, nobody has written down."""
    return {row.message_id for row in mails(database) if row.leased_until is not None}


def _environment(url: str, folder: Path, port: int) -> dict[str, str]:
    return {
        "YHTEISTILA_DATA": str(folder),
        "YHTEISTILA_DATABASE_URL": url,
        "YHTEISTILA_SECRET_KEY": secrets.token_hex(32),
        "YHTEISTILA_FERNET_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "YHTEISTILA_SMTP_URL": f"smtp://127.0.0.1:{port}",
    }


def _let_time_pass(database: Database) -> None:
    """Let the leases of the dead run out, without waiting for it."""
    past = datetime.now(UTC) - timedelta(seconds=1)

    def work(session: Session) -> None:
        waiting = OutboxMessage.state == "waiting"
        values = {"leased_until": None, "next_try_at": past}
        session.execute(update(OutboxMessage).where(waiting).values(**values))

    transaction(database, work)


def _all_sent(database: Database) -> bool:
    return all(mail.state == "sent" for mail in mails(database))


def _look(database: Database, trap: Trap, excused: Counter[str], report: Report) -> None:
    came = Counter(str(mail["Message-ID"]) for mail in trap.mails)
    rows = {row.message_id for row in mails(database)}
    report.mails = len(rows)
    report.twice = sum(count - 1 for count in came.values())
    for what, found in (
        ("lost", rows - came.keys()),
        ("not ours", came.keys() - rows),
        ("doubled without need", {one for one in came if came[one] > 1 + excused[one]}),
    ):
        if found:
            report.wrong.append(f"{len(found)} {what}")
