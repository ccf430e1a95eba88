"""The words for mails: what each kind is about, how it may be had, and why one could not be delivered. Knows no page."""

from __future__ import annotations

import re

from booking.i18n import lazy_gettext as _

KINDS = {
    "asked": _("Your request has arrived"),
    "approved": _("Your booking is approved"),
    "rejected": _("Your request is rejected"),
    "changed": _("Somebody else changed your booking"),
    "moved": _("Your booking is moved"),
    "cancelled": _("Your booking is cancelled"),
    "lapsed": _("Your request lapsed undecided"),
    "date_reminder": _("A booked date is coming up"),
    "slot_free": _("A time you wait for is free"),
    "series_asked": _("Your request for a series has arrived"),
    "series_decided": _("Your series is decided"),
    "series_changed": _("Your series is changed"),
    "series_cancelled": _("Dates of your series are cancelled"),
    "series_lapsed": _("Your request for a series lapsed undecided"),
    "to_decide": _("A request awaits your decision"),
    "changed_request": _("A changed booking needs a new decision"),
    "reminder": _("A request still awaits your decision"),
    "escalated": _("An undecided request is passed to you"),
    "withdrawn": _("A booking of your site is cancelled by its people"),
    "digest": _("The summary of the day"),
    "sign_in": _("A link for signing in"),
    "account": _("Your account has changed"),
    "invitation": _("An invitation to act for an association"),
    "handed_over": _("An association is handed over to you"),
    "role_ended": _("You no longer act for an association"),
    "report": _("A report awaits your answer"),
    "report_answered": _("Your report is answered"),
}
WAYS = {
    "at_once": _("At once"),
    "daily": _("Once a day, in one message each morning"),
    "none": _("Not at all"),
}
# What a server's answer means to somebody who wants to help the reader; the first that is found counts.
_REASONS = (
    (r"the address can't be one", _("The e-mail address is not written right.")),
    (
        r"\b5\.2\.[12]\b|mailbox (is )?full|over quota",
        _("The mailbox is full or closed."),
    ),
    (
        r"\b5\.7\.\d+|spam|policy",
        _("The reader's mail server refuses our messages."),
    ),
    (
        r"\b5\.1\.\d+|SMTPRecipientsRefused|user unknown|no such user",
        _("There is no such e-mail address."),
    ),
    (r"SMTPDataError", _("The reader's mail server refuses our messages.")),
    (
        r"Refused|Timeout|timed out|gaierror|Disconnected|Connect|SSL|STARTTLS|Authentication",
        _("Our mail server could not be reached for days."),
    ),
)
_OTHERWISE = _("The message was not delivered.")


def kind(code: str) -> str:
    """What mails of a kind are about."""
    return str(KINDS[code])


def why_not(error: str | None) -> str:
    """Why a mail was given up, in plain words."""
    said = error or ""
    for pattern, text in _REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return str(text)
    return str(_OTHERWISE)


def booking_of(cause: str) -> int | None:
    """The booking that a mail tells of; None for a mail about something else."""
    kind_, _sep, rest = cause.partition(":")
    number = rest.partition(":")[0]
    return int(number) if kind_ == "booking" and number.isdigit() else None


def masked(address: str) -> str:
    """An address of which only who knows it sees whose it is: `a…n@demo.example`."""
    local, at, host = address.rpartition("@")
    if not at:
        return "…"
    shown = f"{local[:1]}…{local[-1:]}" if len(local) > 2 else "…"
    return f"{shown}@{host}"
