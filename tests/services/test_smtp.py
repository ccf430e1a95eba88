"""How a mail is handed to a server: in TLS where it can be, with a password where one is wanted. Against a real SMTP server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from booking.config import Settings, load_settings
from booking.errors import Misconfigured
from booking.services.outbox import Mail, NotSent
from booking.services.smtp import smtp_sender
from tests.support.mailserver import Inbox, MailServer, lets_in, tls, write_authority
from tests.support.world import NOW


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


def settings(smtp_url: str) -> Settings:
    return load_settings({"YHTEISTILA_SMTP_URL": smtp_url})


def a_mail() -> Mail:
    return Mail(1, "<1@here>", "fi", "Anna", "anna@demo.example", "Aihe", "Hei\n", NOW, 1)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let this machine trust the test's certificate."""
    write_authority(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.mark.usefixtures("trusting")
def test_mail_goes_through_tls_from_the_first_byte(inbox: Inbox) -> None:
    with MailServer(inbox, ssl_context=tls()) as server:
        smtp_sender(settings(f"smtps://localhost:{server.port}"))(a_mail())
    assert len(inbox.mails) == 1


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("query", ["", "?starttls=always"])
def test_mail_goes_through_tls_where_the_server_offers_it(inbox: Inbox, query: str) -> None:
    with MailServer(inbox, tls_context=tls(), require_starttls=True) as server:
        smtp_sender(settings(f"smtp://localhost:{server.port}{query}"))(a_mail())
    assert len(inbox.mails) == 1


@pytest.mark.parametrize("kind", ["smtps", "starttls"])
def test_a_certificate_nobody_vouches_for_stops_the_mail_but_not_for_good(
    inbox: Inbox, kind: str
) -> None:
    smtp: dict[str, Any] = {"ssl_context": tls()} if kind == "smtps" else {"tls_context": tls()}
    scheme = "smtps" if kind == "smtps" else "smtp"
    # aiosmtpd looks whether it is up with a client of its own, which trusts it.
    with (
        MailServer(inbox, **smtp) as server,
        pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED") as refusal,
    ):
        smtp_sender(settings(f"{scheme}://localhost:{server.port}"))(a_mail())
    assert (refusal.value.is_refusal, inbox.mails) == (False, [])


def test_mail_stays_when_tls_is_wanted_and_not_offered(inbox: Inbox) -> None:
    with MailServer(inbox) as server, pytest.raises(NotSent, match="STARTTLS"):
        smtp_sender(settings(f"smtp://127.0.0.1:{server.port}?starttls=always"))(a_mail())
    assert inbox.mails == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(
    ("password", "is_let_in"), [("oikea%2Fsana", True), ("v%C3%A4%C3%A4r%C3%A4", False)]
)
def test_a_server_may_want_a_name_and_a_password(
    inbox: Inbox, password: str, is_let_in: bool
) -> None:
    with MailServer(
        inbox,
        auth_required=True,
        auth_require_tls=False,
        authenticator=lets_in("tilat", "oikea/sana"),
    ) as server:
        send = smtp_sender(settings(f"smtp://tilat:{password}@127.0.0.1:{server.port}"))
        if is_let_in:
            send(a_mail())
        else:
            with pytest.raises(NotSent) as refusal:
                send(a_mail())
            assert not refusal.value.is_refusal
    assert len(inbox.mails) == is_let_in


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example?starttls=perhaps",
        "smtp://mail.example:99999",
        "smtp://user:word@mail.example?starttls=never",
    ],
)
def test_an_address_that_cant_work_or_tells_a_password_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="YHTEISTILA_SMTP_URL"):
        smtp_sender(settings(url))
