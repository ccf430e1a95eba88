"""Mails are sent once, whatever the server, the network or a kill does. Against a real SMTP server, on both databases."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from booking.config import Settings, load_settings
from booking.db import Database, reading, transaction
from booking.errors import DatabaseBusy
from booking.models import OutboxMessage
from booking.services import outbox
from booking.services.outbox import (
    BEARING_KEYS,
    LEASE,
    Delivered,
    Mail,
    NotSent,
    Send,
    claim_due,
    deliver,
    failed_mails,
)
from booking.services.smtp import sender, smtp_sender
from tests.support.mails import mails, write_mails
from tests.support.mailserver import (
    Inbox,
    MailServer,
    is_busy,
    loses_its_answer,
    refuses,
)
from tests.support.world import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def send(inbox: Inbox) -> Iterator[Send]:
    with MailServer(inbox) as server:
        yield smtp_sender(settings(f"smtp://127.0.0.1:{server.port}"))


def settings(smtp_url: str = "", demo: str = "0") -> Settings:
    return load_settings(
        {
            "YHTEISTILA_SMTP_URL": smtp_url,
            "YHTEISTILA_MAIL_FROM": "tilat@example.org",
            "YHTEISTILA_DEMO": demo,
        }
    )


def run(
    database: Database, send: Send, now: datetime = NOW, ids: list[int] | None = None
) -> Delivered:
    return deliver(database, send, lambda: now, ids)


class Killed(BaseException):
    """What a process that is killed can't catch."""


def test_a_mail_that_waits_is_sent_once(database: Database, inbox: Inbox, send: Send) -> None:
    write_mails(database)
    assert run(database, send) == Delivered(sent=1)
    assert run(database, send, NOW + timedelta(days=1)) == Delivered()
    [mail], [row] = inbox.mails, mails(database)
    # The boundaries between its parts are drawn by lot.
    transport = {"Content-Transfer-Encoding", "Content-Type", "X-Peer"}
    headers = {name: str(mail[name]) for name in mail if name not in transport}
    assert headers == {
        "From": "Yhteistila <tilat@example.org>",
        "To": "Anna Virtanen <anna@demo.example>",
        "Subject": row.subject,
        "Date": "Mon, 01 Mar 2027 07:00:00 +0000",
        "Message-ID": row.message_id,
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Language": "fi",
    }
    parts = [part.get_content().replace("\r\n", "\n") for part in mail.iter_parts()]
    assert (mail.get_content_type(), parts) == ("multipart/alternative", [row.body, row.html])
    assert inbox.envelopes == [("tilat@example.org", ["anna@demo.example"])]
    assert (row.state, row.attempts, row.sent_at, row.leased_until) == ("sent", 1, NOW, None)


def test_a_key_is_in_the_database_only_until_its_mail_is_out(
    database: Database, inbox: Inbox, send: Send
) -> None:
    for kind in (*sorted(BEARING_KEYS), "asked"):
        write_mails(database, kind=kind)
    assert all(row.body and row.html for row in mails(database))
    run(database, send)
    assert {row.kind: bool(row.body or row.html) for row in mails(database)} == {
        **dict.fromkeys(BEARING_KEYS, False),
        "asked": True,
    }
    assert len(inbox.mails) == 4


def test_a_demo_goes_on_showing_its_links(database: Database, send: Send) -> None:
    write_mails(database, kind="sign_in")
    deliver(database, send, lambda: NOW, keeps_keys=True)
    assert all(row.body and row.html for row in mails(database))


def test_only_the_wanted_mails_are_sent_when_ids_are_given(
    database: Database, inbox: Inbox, send: Send
) -> None:
    ids = write_mails(database, 3)
    assert run(database, send, ids=[ids[1], 10**6]) == Delivered(sent=1)
    assert [mail.state for mail in mails(database)] == ["waiting", "sent", "waiting"]


def test_a_mail_waits_out_a_server_that_is_away(database: Database) -> None:
    write_mails(database)
    with nobody_listens() as url:
        away = smtp_sender(settings(url))
        now, waits = NOW, []
        while now < NOW + timedelta(hours=2):
            assert run(database, away, now) == Delivered(delayed=1)
            [row] = mails(database)
            assert (row.state, row.leased_until) == ("waiting", None)
            assert row.last_error == "ConnectionRefusedError: [Errno 111] Connection refused"
            assert run(database, away, row.next_try_at - timedelta(seconds=1)) == Delivered()
            waits.append(row.next_try_at - now)
            now = row.next_try_at
    assert timedelta(seconds=16) <= waits[0] <= timedelta(seconds=20)
    # With the sweep's minute, a mail is out within five minutes of the server's coming back.
    assert max(waits) <= 4 * MINUTE


def test_a_mail_is_sent_when_the_server_is_no_longer_busy(
    database: Database, inbox: Inbox, send: Send
) -> None:
    inbox.behaviours = [is_busy] * 30
    write_mails(database)
    now = NOW
    for _ in range(30):
        assert run(database, send, now) == Delivered(delayed=1)
        now += 5 * MINUTE
    assert run(database, send, now) == Delivered(sent=1)
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("how", ["content", "recipient", "address"])
def test_a_mail_that_is_refused_again_and_again_is_given_up_and_counted(
    database: Database, inbox: Inbox, send: Send, how: str
) -> None:
    inbox.behaviours = [refuses] * 100
    inbox.unknown = {"anna@demo.example"} if how == "recipient" else set()
    write_mails(database, address="a@b.fi, c@d.fi" if how == "address" else "anna@demo.example")
    outcomes = [
        run(database, send, NOW + number * 5 * MINUTE) for number in range(outbox.REFUSALS + 5)
    ]
    assert outcomes == (
        [Delivered(delayed=1)] * (outbox.REFUSALS - 1) + [Delivered(failed=1)] + [Delivered()] * 5
    )
    [row] = mails(database)
    assert (row.state, row.attempts) == ("failed", outbox.REFUSALS)
    with reading(database) as session:
        assert failed_mails(session) == 1
    assert inbox.mails == []


def test_a_mail_too_old_to_be_news_is_given_up(database: Database) -> None:
    write_mails(database)
    with nobody_listens() as url:
        away = smtp_sender(settings(url))
        assert run(database, away, NOW + outbox.GIVE_UP_AFTER - MINUTE) == Delivered(delayed=1)
        # As often as any mail is tried at least: staff may have sent an old one again.
        for number in range(1, outbox.FEWEST_TRIES - 1):
            now = NOW + outbox.GIVE_UP_AFTER + number * 5 * MINUTE
            assert run(database, away, now) == Delivered(delayed=1)
        now = NOW + outbox.GIVE_UP_AFTER + 60 * MINUTE
        assert run(database, away, now) == Delivered(failed=1)


def test_a_lost_answer_is_made_up_for_under_the_same_message_id(
    database: Database, inbox: Inbox, send: Send
) -> None:
    inbox.behaviours = [loses_its_answer]
    write_mails(database)
    assert run(database, send) == Delivered(delayed=1)
    assert run(database, send, NOW + 5 * MINUTE) == Delivered(sent=1)
    assert [mail["Message-ID"] for mail in inbox.mails] == [mails(database)[0].message_id] * 2


def test_a_server_that_is_rude_at_goodbye_gets_the_mail_once(
    database: Database, inbox: Inbox, send: Send
) -> None:
    inbox.is_rude_at_goodbye = True
    write_mails(database)
    assert run(database, send) == Delivered(sent=1)
    assert len(inbox.mails) == 1


def test_a_kill_after_the_servers_yes_sends_again_under_the_same_message_id_when_the_lease_is_over(
    database: Database, inbox: Inbox, send: Send
) -> None:
    write_mails(database)

    def send_and_die(mail: Mail) -> None:
        send(mail)
        raise Killed

    with pytest.raises(Killed):
        run(database, send_and_die)
    assert run(database, send, NOW + LEASE - timedelta(seconds=1)) == Delivered()
    assert run(database, send, NOW + LEASE) == Delivered(sent=1)
    assert [mail["Message-ID"] for mail in inbox.mails] == [mails(database)[0].message_id] * 2


def test_a_kill_before_sending_loses_no_mail(database: Database, inbox: Inbox, send: Send) -> None:
    write_mails(database, 3)

    def die(_mail: Mail) -> None:
        raise Killed

    with pytest.raises(Killed):
        run(database, die)
    # The one that was in hand waits for its lease; the others wait for nobody.
    assert run(database, send) == Delivered(sent=2)
    assert run(database, send, NOW + LEASE) == Delivered(sent=1)
    assert len({mail["Message-ID"] for mail in inbox.mails}) == len(inbox.mails) == 3


def test_a_lease_and_the_sweep_fit_within_five_minutes() -> None:
    assert LEASE + MINUTE <= 5 * MINUTE
    assert outbox.LONGEST_PAUSE + MINUTE <= 5 * MINUTE


def test_two_workers_at_once_send_each_mail_once(
    database: Database, inbox: Inbox, send: Send
) -> None:
    ids = write_mails(database, 20)
    done: list[Delivered] = []
    threads = [threading.Thread(target=lambda: done.append(run(database, send))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.sent for one in done) == len(ids)
    assert sorted(mail["Message-ID"] for mail in inbox.mails) == sorted(
        row.message_id for row in mails(database)
    )
    assert {row.attempts for row in mails(database)} == {1}


def test_no_transaction_is_open_while_a_mail_is_sent(database: Database, send: Send) -> None:
    write_mails(database)

    def send_while_somebody_writes(mail: Mail) -> None:
        write_mails(database)
        send(mail)

    assert run(database, send_while_somebody_writes, ids=[1]) == Delivered(sent=1)


def test_a_late_failure_does_not_undo_what_another_worker_sent(
    database: Database, inbox: Inbox, send: Send
) -> None:
    write_mails(database)
    much_later = NOW + LEASE

    def fail_late(_mail: Mail) -> None:
        assert run(database, send, much_later) == Delivered(sent=1)
        raise NotSent("the network was slow", is_refusal=False)

    run(database, fail_late)
    [row] = mails(database)
    assert (row.state, row.sent_at, row.last_error) == ("sent", much_later, None)
    assert len(inbox.mails) == 1


def test_what_is_sent_is_written_down_though_the_database_be_busy(
    database: Database, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_mails(database)
    busy = [DatabaseBusy(), DatabaseBusy()]

    def sometimes_busy(database: Database, work: Any) -> Any:
        with reading(database) as session:
            is_sending = session.scalars(select(OutboxMessage.leased_until)).one() is not None
        if is_sending and busy:
            raise busy.pop()
        return transaction(database, work)

    monkeypatch.setattr(outbox, "transaction", sometimes_busy)
    assert run(database, send) == Delivered(sent=1)
    assert (busy, mails(database)[0].state) == ([], "sent")


def test_claiming_takes_the_longest_waiting_first_and_no_more_than_wanted(
    database: Database,
) -> None:
    ids = write_mails(database, 3)

    def delay_first(session: Any) -> None:
        session.get_one(OutboxMessage, ids[0]).next_try_at = NOW + MINUTE

    transaction(database, delay_first)
    now = NOW + 2 * MINUTE
    first = transaction(database, lambda session: claim_due(session, now, 2))
    second = transaction(database, lambda session: claim_due(session, now, 2))
    assert [mail.id for mail in first] == ids[1:]
    assert [(mail.id, mail.attempts) for mail in second] == [(ids[0], 1)]


def test_without_a_server_mails_wait_and_in_a_demo_they_count_as_sent(database: Database) -> None:
    write_mails(database)
    assert sender(settings()) is None
    keep = sender(settings(demo="1"))
    assert keep is not None
    assert run(database, keep) == Delivered(sent=1)
    assert mails(database)[0].state == "sent"


@contextmanager
def nobody_listens() -> Iterator[str]:
    """Give the address of a port that is ours, and closed."""
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        yield f"smtp://127.0.0.1:{ours.getsockname()[1]}"
