"""Getting in by a mailed link or code, with or without an account. Knows rows and the outbox; no cookie and no HTTP.

Whoever asks gets the same answer in the same time, whether the address is known or not, and a mail goes out either way: to a
known person with a way in, to somebody unknown with the way to a first contact. The link opens a page with one button, since
scanners of mail follow links; only the button uses it up. What was typed into a form before lies in the link's row, so it comes
back in whatever browser the link is opened.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.domain.access import ANONYMOUS, Actor
from booking.domain.texts import one_line
from booking.errors import InvalidInput
from booking.models import MailedLink, Person
from booking.services.audit import record
from booking.services.limits import CODES, MAILS_FROM, MAILS_TO, forget, reserve
from booking.services.people import folded_email, person_by_email
from booking.services.sign_ins import LINKS_KEPT, SignedIn, open_sign_in, token_hash

LIVES = timedelta(minutes=15)
# A code is typed by hand from a phone into a library computer: few digits, and so few guesses.
_DIGITS = 6
_GUESSES = 5
_LONGEST_NAME = 120
_LONGEST_NEXT = 500  # characters: the column's
# The field of a kept form in which somebody new has written their name.
OWN_NAME = "own_name"

Kept = Sequence[tuple[str, str]]  # fields of a form, in their order


@dataclass(frozen=True, slots=True)
class Way:
    """A way in: token and code go into the mail, `browser` into the cookie of who asked; none of them is kept in the clear.

    The code works only together with that cookie. `person_id`, `name`: whose the address is; None and "" for nobody known.
    """

    email: str
    token: str = field(repr=False)
    browser: str = field(repr=False)
    code: str = field(repr=False)
    locale: str
    link_id: int
    person_id: int | None
    name: str
    has_form: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link or code opened: a sign-in, where it leads, and the row that keeps what had been typed before, if anything."""

    signed_in: SignedIn
    next: str | None
    kept_id: int | None
    is_new: bool


def make_way(
    session: Session,
    email: str,
    client: str,
    locale: str,
    next_path: str | None,
    kept: Kept,
    is_limited: bool = True,
    *,
    now: datetime,
) -> Way:
    """Make a way in for an address; older ones of it are worth nothing from here on.

    `client` names who asks, for the limit on mails; `is_limited` is false in the demo. Raises InvalidInput(`bad_email`), TooMany.
    """
    address = folded_email(email)
    if is_limited:
        reserve(session, MAILS_FROM, client, now)
        reserve(session, MAILS_TO, address, now)
    person = person_by_email(session, address)
    if person is not None and not person.is_active:
        person = None
    session.execute(
        update(MailedLink)
        .where(MailedLink.email == address, MailedLink.used_at.is_(None))
        .values(used_at=now)
    )
    drawn, person_id = _drawn(), person.id if person is not None else None
    link = _row(address, person_id, drawn, kept, locale, now + LIVES, now=now)
    link.next = next_path if next_path and len(next_path) <= _LONGEST_NEXT else None
    session.add(link)
    session.flush()
    return Way(
        email=address,
        token=drawn.token,
        browser=drawn.browser,
        code=drawn.code,
        # The mail speaks a known person's language, else the page's.
        locale=person.locale if person is not None else locale,
        link_id=link.id,
        person_id=person_id,
        name=person.name if person is not None else "",
        has_form=bool(kept),
    )


class _Drawn(NamedTuple):
    """The secrets of one way in, drawn by lot."""

    token: str
    browser: str
    code: str


def _drawn() -> _Drawn:
    code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
    return _Drawn(secrets.token_urlsafe(32), secrets.token_urlsafe(32), code)


def _row(
    email: str,
    person_id: int | None,
    drawn: _Drawn,
    kept: Kept,
    locale: str,
    expires_at: datetime,
    *,
    now: datetime,
) -> MailedLink:
    return MailedLink(
        email=email,
        person_id=person_id,
        token_hash=token_hash(drawn.token),
        browser_hash=token_hash(drawn.browser),
        code_hash=_code_hash(drawn.browser, drawn.code),
        created_at=now,
        expires_at=expires_at,
        guesses=0,
        kept=[(name, value) for name, value in kept],
        locale=locale,
    )


def earlier_link(session: Session, token: str | None, browser: str | None) -> MailedLink | None:
    """The link that a token or a browser's secret is of, used up or not: for who asks for a new one, with all they had typed."""
    if not token and not browser:
        return None
    column = MailedLink.token_hash if token else MailedLink.browser_hash
    query = select(MailedLink).where(column == token_hash(token or browser or ""))
    return session.scalars(query).one_or_none()


def living_link(session: Session, token: str, now: datetime) -> MailedLink:
    """The link as its page shows it, before its button is pressed. Raises InvalidInput(`link_used_up`)."""
    found = session.scalars(
        select(MailedLink).where(MailedLink.token_hash == token_hash(token))
    ).one_or_none()
    if found is None or found.used_at is not None or found.expires_at <= now:
        raise InvalidInput("link_used_up")
    return found


def person_of(session: Session, link: MailedLink) -> Person | None:
    """Whom the link lets in; None for somebody new. Somebody may have been let in by its address since the mail was written."""
    person = session.get(Person, link.person_id) if link.person_id is not None else None
    return person or person_by_email(session, link.email)


def open_link(
    session: Session, token: str, name: str | None, device: str | None, *, now: datetime
) -> Opened:
    """Use a link up: sign its person in, or make somebody new of a confirmed address and sign them in.

    Raises InvalidInput: `link_used_up`; `own_name_required` for somebody new without a name; `account_closed`.
    """
    return _open(session, living_link(session, token, now), name, device, now)


def open_by_code(
    session: Session,
    browser: str,
    code: str,
    name: str | None,
    device: str | None,
    *,
    now: datetime,
) -> Opened | None:
    """The same by the code typed into the browser that asked (`Way.browser`, kept in its cookie); None for a wrong code.

    A wrong code is counted, so commit also then. Raises InvalidInput (`code_used_up`, and as `open_link` does), TooMany.
    """
    link = session.scalars(
        select(MailedLink).where(MailedLink.browser_hash == token_hash(browser)).with_for_update()
    ).one_or_none()
    if link is None or link.used_at or link.expires_at <= now or link.guesses >= _GUESSES:
        raise InvalidInput("code_used_up")
    reserve(session, CODES, link.email, now)
    typed = "".join(sign for sign in code if not sign.isspace())
    if not hmac.compare_digest(link.code_hash, _code_hash(browser, typed)):
        link.guesses += 1
        return None
    opened = _open(session, link, name, device, now)
    forget(session, CODES, link.email)
    return opened


def _open(
    session: Session, link: MailedLink, name: str | None, device: str | None, now: datetime
) -> Opened:
    # The guarded UPDATE lets one of two presses through.
    claimed = session.execute(
        update(MailedLink)
        .where(MailedLink.id == link.id, MailedLink.used_at.is_(None))
        .values(used_at=now)
        .returning(MailedLink.id)
    ).one_or_none()
    if claimed is None:
        raise InvalidInput("link_used_up")
    person = person_of(session, link)
    is_new = person is None
    person = person or _new_person(session, link, name, now)
    if not person.is_active:
        raise InvalidInput("account_closed")
    forget(session, MAILS_TO, link.email)
    if link.kept:
        # Theirs from here on, and kept while they go on with it.
        link.person_id, link.expires_at = person.id, now + LINKS_KEPT
    signed_in = open_sign_in(session, person, device, now)
    return Opened(signed_in, link.next, link.id if link.kept else None, is_new)


def _new_person(session: Session, link: MailedLink, name: str | None, now: datetime) -> Person:
    typed = name or dict(link.kept).get(OWN_NAME) or ""
    said = one_line(typed)
    if not said:
        raise InvalidInput("own_name_required", field="name")
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    # An invitation may let the same person in at the same moment: then that row is theirs.
    session.execute(
        kind.insert(Person)
        .values(
            email=link.email,
            name=said[:_LONGEST_NAME],
            locale=link.locale,
            is_active=True,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    person = session.scalars(select(Person).where(Person.email == link.email)).one()
    record(session, "sign_up", ("person", person.id), actor=ANONYMOUS, now=now)
    return person


def keep_form(session: Session, person_id: int, kept: Kept, now: datetime) -> int:
    """Keep what a person had typed before they signed in by a password; the id by which `kept_form` finds it."""
    person = session.get_one(Person, person_id)
    # Nobody learns its secrets: the row opens nothing.
    ends = now + LINKS_KEPT
    row = _row(person.email, person_id, _drawn(), kept, person.locale, ends, now=now)
    row.used_at = now
    session.add(row)
    session.flush()
    return row.id


def kept_form(session: Session, kept_id: int, *, actor: Actor) -> Kept | None:
    """What the actor had typed before they signed in; None for another's, and once it has been cleared away."""
    row = session.get(MailedLink, kept_id)
    if row is None or actor.person_id is None or row.person_id != actor.person_id:
        return None
    return [(name, value) for name, value in row.kept] if row.used_at is not None else None


def _code_hash(browser: str, code: str) -> str:
    # Six digits alone would be guessed back from their hash; with the browser's secret, which is kept nowhere else, not.
    return sha256(f"{browser}:{code}".encode("utf-8", "replace")).hexdigest()
