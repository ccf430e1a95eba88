"""Mail that came back marks our mail as failed, once; and what anybody else may write marks nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, transaction
from booking.models import OutboxMessage
from booking.services.bounces import LARGEST, NotANotification, _read, note_bounce
from tests.support.bounces import notification, plain_mail
from tests.support.mails import mails, write_mails
from tests.support.world import NOW


@pytest.fixture
def sent(database: Database) -> OutboxMessage:
    """A mail that has been sent, beside another."""
    write_mails(database, 2)

    def work(session: Session) -> None:
        for row in session.scalars(select(OutboxMessage)):
            row.state, row.sent_at, row.attempts = "sent", NOW, 1

    transaction(database, work)
    return mails(database)[0]


def bounce(database: Database, raw: bytes) -> str:
    return transaction(database, lambda session: note_bounce(session, raw, NOW))


def states(database: Database) -> list[str]:
    return [mail.state for mail in mails(database)]


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_mail_that_came_back_is_failed_with_the_servers_words(
    database: Database, sent: OutboxMessage, returned: str
) -> None:
    assert bounce(database, notification(sent.message_id, returned=returned)) == "marked"
    row = mails(database)[0]
    assert (row.state, row.last_error) == (
        "failed",
        "bounced: 5.1.1 smtp; 550 5.1.1 <anna@demo.example>: user unknown",
    )
    assert states(database) == ["failed", "sent"]


def test_the_same_notification_twice_is_the_same_as_once(
    database: Database, sent: OutboxMessage
) -> None:
    raw = notification(sent.message_id)
    assert [bounce(database, raw) for _ in range(2)] == ["marked", "known"]
    assert states(database) == ["failed", "sent"]


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("4.4.1", "delayed"),
        ("4.2.2", "failed"),
        ("2.0.0", "delivered"),
        ("5.1.1", "delayed"),
        ("x", "failed"),
    ],
)
def test_what_may_still_arrive_is_left_alone(
    database: Database, sent: OutboxMessage, status: str, action: str
) -> None:
    assert bounce(database, notification(sent.message_id, status, action)) == "temporary"
    assert states(database) == ["sent", "sent"]


@pytest.mark.parametrize(
    "message_id", ["<1@elsewhere.example>", "", "<a> <b>", "<%>", "<" + "x" * 5000 + ">"]
)
def test_a_notification_of_another_mail_marks_nothing(
    database: Database, sent: OutboxMessage, message_id: str
) -> None:
    assert bounce(database, notification(message_id)) == "not_ours"
    assert states(database) == ["sent", "sent"]


def test_a_mail_taken_back_stays_taken_back(database: Database, sent: OutboxMessage) -> None:
    def work(session: Session) -> None:
        session.get_one(OutboxMessage, sent.id).state = "withdrawn"

    transaction(database, work)
    assert bounce(database, notification(sent.message_id)) == "known"
    assert states(database) == ["withdrawn", "sent"]


def test_a_folded_message_id_is_found(database: Database, sent: OutboxMessage) -> None:
    raw = notification(f"\n {sent.message_id}")
    assert bounce(database, raw) == "marked"


def test_long_words_of_a_server_are_cut(database: Database, sent: OutboxMessage) -> None:
    bounce(database, notification(sent.message_id, said="smtp; " + "ä" * 5000))
    assert len(mails(database)[0].last_error or "") == 300


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        plain_mail(),
        notification("<a@b>").replace(b"delivery-status;", b"disposition-notification;"),
        notification("<a@b>") + b"x" * LARGEST,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (number, number)
            for number in range(3000)
        ),
    ],
    ids=["nothing", "zeros", "holiday", "read receipt", "too large", "nested"],
)
def test_what_is_no_notification_is_refused(database: Database, raw: bytes) -> None:
    with pytest.raises(NotANotification):
        bounce(database, raw)


@given(st.binary(max_size=400), st.integers(0, 1500), st.integers(0, 300))
def test_no_bytes_break_the_reader(noise: bytes, place: int, cut: int) -> None:
    whole = notification("<1@here>")
    raw = whole[:place] + noise + whole[place + cut :]
    try:
        message_id, diagnostic = _read(raw)
    except NotANotification:
        return
    assert message_id is None or len(message_id) <= 200
    assert diagnostic is None or (len(diagnostic) <= 300 and len(diagnostic.splitlines()) == 1)
