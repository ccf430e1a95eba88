"""Mails that could not be delivered, as staff see them: why, to whom (masked), and what can be done."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from booking.db import reading, transaction
from booking.i18n import gettext, use_locale
from booking.models import OutboxMessage
from booking.web import mail_words
from booking.web.failed_mails import undelivered_of
from tests.support.mails import mails
from tests.support.world import NOW, make_booking
from tests.web.conftest import Site

PATH = "/staff/mails"
ERROR = "SMTPRecipientsRefused: {'anna@demo.example': (550, b'5.1.1 No such user here')}"


def fail(site: Site, error: str | None = ERROR) -> int:
    """Let the mail to a booking's asker fail; its id."""
    make_booking(site.database, site.world, title="Salaisuus")

    def work(session: Session) -> int:
        row = session.query(OutboxMessage).filter_by(kind="asked").one()
        row.state, row.attempts, row.last_error = "failed", 20, error
        return row.id

    return transaction(site.database, work)


def test_a_mail_that_failed_is_told_in_plain_words_and_nobodys_address(site: Site) -> None:
    fail(site)
    page = site.browser("kaisa").get(PATH).text
    with use_locale("fi"):
        for text in ("There is no such e-mail address.", "Your request has arrived"):
            assert gettext(text) in page
    assert "a…a@demo.example" in page
    assert "5.1.1 No such user here" in page
    assert "anna@demo.example" not in page
    assert "Salaisuus" not in page


def test_without_failed_mails_the_page_says_so(site: Site) -> None:
    make_booking(site.database, site.world)
    with use_locale("fi"):
        assert gettext("All messages have been delivered.") in site.browser("kaisa").get(PATH).text


def test_a_mail_is_sent_again_by_a_press_and_the_worker_is_woken(site: Site) -> None:
    mail_id = fail(site)
    browser = site.browser("kaisa")
    answers = [browser.post(f"{PATH}/{mail_id}/again") for _ in range(2)]
    assert [(one.status_code, one.location) for one in answers] == [(303, PATH)] * 2
    assert site.mails == [mail_id]
    assert mails(site.database)[0].state == "waiting"


def test_a_mail_whose_reader_knows_is_taken_off_the_list(site: Site) -> None:
    mail_id = fail(site)
    browser = site.browser("yllapito")
    assert browser.post(f"{PATH}/{mail_id}/told").status_code == 303
    assert mails(site.database)[0].state == "withdrawn"
    assert "a…a@demo.example" not in browser.get(PATH).text


def test_a_get_sends_nothing(site: Site) -> None:
    mail_id = fail(site)
    assert site.browser("kaisa").get(f"{PATH}/{mail_id}/again").status_code == 405
    assert mails(site.database)[0].state == "failed"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("the address can't be one", "The e-mail address is not written right."),
        ("bounced: 5.2.2 smtp; 552 mailbox full", "The mailbox is full or closed."),
        ("bounced: 5.7.1 smtp; 550 spam", "The reader's mail server refuses our messages."),
        ("SMTPDataError: (554, b'no')", "The reader's mail server refuses our messages."),
        (
            "ConnectionRefusedError: [Errno 111] Connection refused",
            "Our mail server could not be reached for days.",
        ),
        ("something else", "The message was not delivered."),
        (None, "The message was not delivered."),
    ],
)
def test_each_failure_has_its_plain_words(error: str | None, told: str) -> None:
    with use_locale("en"):
        assert mail_words.why_not(error) == told


@pytest.mark.parametrize(
    ("address", "shown"),
    [("anna@demo.example", "a…a@demo.example"), ("ab@x.fi", "…@x.fi"), ("nothing", "…"), ("", "…")],
)
def test_an_address_is_masked(address: str, shown: str) -> None:
    assert mail_words.masked(address) == shown


def test_the_page_of_a_booking_can_tell_what_did_not_arrive(site: Site) -> None:
    fail(site)
    with reading(site.database) as session, use_locale("en"):
        found = undelivered_of(session, 1)
        assert undelivered_of(session, 2) == []
    assert [(one.about, one.written_at, one.why) for one in found] == [
        ("Your request has arrived", NOW, "There is no such e-mail address.")
    ]
