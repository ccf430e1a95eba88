"""What every mail is made of, and how it becomes plain text and HTML. Knows no booking, no person and no SMTP.

A letter is built in its reader's language from our own sentences and from what people typed; what they typed goes through
`one_line` or `paragraph` here, so that no text can add a header, a line that looks like ours, or markup. Text and HTML say the
same: one is not a poorer copy of the other.
"""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from booking.config import templates_folder
from booking.i18n import JINJA_CALLABLES, current_locale
from booking.models import MailSetting, OutboxMessage, Person
from booking.queries.feeds import installation

_WRITTEN = "written_messages"
_SUBJECT_LENGTH = 300  # characters: the column's
# Controls, line and paragraph separators, surrogates.
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Embeddings, overrides and isolates: they would turn our own words around.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Mails that a person may have gathered into one a day. (The offer of a time runs out within hours, and a reminder bears the
# link that releases the room: they can't wait.)
GATHERABLE = frozenset({"to_decide", "changed_request", "reminder", "escalated", "withdrawn"})
# Mails that a person may do without altogether.
SKIPPABLE = frozenset({"slot_free", "date_reminder"})


@dataclass(frozen=True)
class Fact:
    """One line of what the letter is about: a label and its value; a value of several lines is indented below.

    `lang`: the language of the value, where it is not the letter's.
    """

    label: str
    value: str
    lang: str = ""


@dataclass(frozen=True)
class Action:
    """Something to do by following a link, with the words that stand before it."""

    text: str
    link: str


@dataclass(frozen=True)
class Letter:
    """A mail's content in the language spoken now.

    `big` is shown large: a code to type. `entries` are what a mail of the day gathers, each with where to read on.
    """

    subject: str
    name: str
    opening: tuple[str, ...]
    facts: tuple[Fact, ...] = ()
    next_steps: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    big: str = ""
    entries: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Envelope:
    """To whom a letter goes and why: `cause` names the edge it tells of, so that it is told once.

    `person_id`: whose mail settings count; None for an address only. `not_before`: it may still be withdrawn until then.
    """

    kind: str
    cause: str
    name: str
    address: str
    person_id: int | None = None
    not_before: datetime | None = None
    calendar: str | None = None


def post(session: Session, envelope: Envelope, letter: Letter, now: datetime) -> None:
    """Write the letter into the outbox, as its reader wants such mails. Nothing is sent here; see `written_messages`."""
    how = _how(session, envelope)
    if how == "none":
        return
    subject = one_line(letter.subject)
    if len(subject) > _SUBJECT_LENGTH:
        subject = subject[: _SUBJECT_LENGTH - 1] + "…"
    message = OutboxMessage(
        cause=envelope.cause,
        kind=envelope.kind,
        locale=current_locale(),
        recipient_name=one_line(envelope.name),
        recipient=envelope.address,
        person_id=envelope.person_id,
        subject=subject,
        body=as_text(letter),
        html=as_html(letter),
        calendar=envelope.calendar,
        message_id=f"<{uuid.uuid4()}@{installation(session)}>",
        state="gathered" if how == "daily" else "waiting",
        attempts=0,
        created_at=now,
        next_try_at=max(now, envelope.not_before or now),
    )
    session.add(message)
    session.flush()
    if how != "daily" and envelope.not_before is None:
        send_soon(session, [message.id])


def ways(kind: str) -> tuple[str, ...]:
    """The ways in which a person may want mails of this kind: of `at_once`, `daily` and `none`, the first always."""
    daily = ("daily",) if kind in GATHERABLE else ()
    none = ("none",) if kind in SKIPPABLE else ()
    return ("at_once", *daily, *none)


def _how(session: Session, envelope: Envelope) -> str:
    """How the reader wants mails of this kind; what can't be put off comes at once.

    A person's wish counts for their own mailbox only: a booking's contact may be somebody else.
    """
    if envelope.person_id is None or ways(envelope.kind) == ("at_once",):
        return "at_once"
    wish = session.execute(
        select(MailSetting.how, Person.email)
        .join(Person, Person.id == MailSetting.person_id)
        .where(MailSetting.person_id == envelope.person_id, MailSetting.kind == envelope.kind)
    ).one_or_none()
    if wish is None or wish.email != envelope.address.strip().lower():
        return "at_once"
    return wish.how if wish.how in ways(envelope.kind) else "at_once"


def send_now(session: Session, due: ColumnElement[bool], now: datetime) -> None:
    """Let mails that wait untried for their time go out now; the edge wakes the worker for them."""
    found = session.scalars(
        update(OutboxMessage)
        .where(
            OutboxMessage.state == "waiting",
            OutboxMessage.attempts == 0,
            OutboxMessage.next_try_at > now,
            due,
        )
        .values(next_try_at=now)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    send_soon(session, found)


def send_soon(session: Session, mail_ids: Iterable[int]) -> None:
    """Note mails for which the edge wakes the worker once they are committed."""
    session.info.setdefault(_WRITTEN, []).extend(mail_ids)


def written_messages(session: Session) -> list[int]:
    """Ids of the mails written in this session that are due, for the edge to wake the worker with once they are committed."""
    return list(session.info.get(_WRITTEN, ()))


def locale_of(session: Session, person_id: int | None, otherwise: str = "fi") -> str:
    """The language a person reads."""
    person = session.get(Person, person_id) if person_id is not None else None
    return person.locale if person is not None else otherwise


def as_text(letter: Letter) -> str:
    """The letter as plain text: lines of its own for facts and links, no markup."""
    text: str = _environment(False).get_template("letter.txt").render(letter=letter)
    return text


def as_html(letter: Letter) -> str:
    """The letter as HTML: one column, headings and a list of facts, links as what they do; no image, no script, no tracking."""
    html: str = (
        _environment(True)
        .get_template("letter.html")
        .render(letter=letter, locale=current_locale())
    )
    return html


def one_line(text: str) -> str:
    """`text` as it may stand in a header or beside a label: line ends, controls and runs of blanks are one blank each."""
    return " ".join("".join(" " if _breaks(character) else character for character in text).split())


def paragraph(text: str) -> str:
    """`text` over several lines, as a person wrote it; each line clean, indented below its label, blank lines left out."""
    lines = [one_line(line) for line in text.splitlines()]
    return "\n    ".join(line for line in lines if line)


def _breaks(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _BREAKING


@cache
def _environment(is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_folder() / "mail"),
        extensions=["jinja2.ext.i18n"],
        # In plain text an ampersand is an ampersand: what could do harm there are line ends, and those are out already.
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    # The extension adds this method when it is loaded, so the class doesn't declare it.
    environment.install_gettext_callables(**JINJA_CALLABLES)  # type: ignore[attr-defined]
    return environment
