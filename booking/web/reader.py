"""Who reads, and in which language: the person's, else the cookie's choice, else the browser's wish, else Finnish. Knows cookies.

The user id in flask-login's cookie is the token of a server-side sign-in; without its row the cookie is worth nothing.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import cast

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user

from booking.config import logger
from booking.domain.access import ANONYMOUS, Actor
from booking.domain.local_time import local
from booking.errors import DatabaseBusy, SignInRequired
from booking.i18n import LOCALES, negotiate, use_locale
from booking.queries.people import actor_of, sign_in_of
from booking.services import sign_ins
from booking.web import edge

LOCALE = "locale"  # its name in the cookie
_SEEN_EVERY = timedelta(minutes=1)
# What machines fetch: no cookie is read or set there.
_MACHINES = ("/feeds/", "/api/", "/static/", "/livez", "/readyz", "/robots.txt")


class Reader(UserMixin):
    """A signed-in person as flask-login sees one: the id is the token of this device's sign-in.

    One that `awaits_totp` is nobody yet: ANONYMOUS, and led to the page of the second factor (`booking.web.second_factor`).
    `lacks_totp`: staff who have none.
    """

    def __init__(
        self, token: str, actor: Actor, awaits_totp: bool = False, lacks_totp: bool = False
    ) -> None:
        self.token = token
        self.actor = actor
        self.awaits_totp = awaits_totp
        self.lacks_totp = lacks_totp

    def get_id(self) -> str:
        """The token that the cookie keeps."""
        return self.token


def install(app: Flask) -> None:
    """Set up the cookie's reader. The application calls `speak` first and `greet` later, before each page."""
    manager = LoginManager()
    # The sign-in's row says whether a cookie lives; a hash of address and browser would only sign out people on trains.
    manager.session_protection = None
    # Not `init_app`: it would look into the cookie after every request, feeds included, for a "remember me" we don't have.
    app.login_manager = manager  # type: ignore[attr-defined]
    manager.user_loader(reader_of)
    app.teardown_request(_part)


def actor() -> Actor:
    """Who asks for the current page; ANONYMOUS for nobody known."""
    return cast(Actor, g.get("actor", ANONYMOUS))


def reader() -> Reader | None:
    """Whose sign-in the browser shows, be it whole or not; None for nobody's."""
    return cast(Reader, current_user) if current_user.is_authenticated else None


def known_actor() -> Actor:
    """Who asks for the current page; raises SignInRequired for nobody known."""
    asking = actor()
    if not asking.is_known:
        raise SignInRequired("sign_in_required")
    return asking


def is_for_machines(path: str) -> bool:
    """Whether what lies at `path` is fetched by machines, without cookies."""
    return path.startswith(_MACHINES)


def speak() -> None:
    """Speak the browser's language until the request is done: before all else, so that each refusal is understood.

    Nothing is read but the request itself; the person's own language is spoken once they are known (`greet`).
    """
    chosen = None if is_for_machines(request.path) else session.get(LOCALE)
    wished = chosen if chosen in LOCALES else negotiate(request.headers.get("Accept-Language"))
    g.language = ExitStack()
    g.language.enter_context(use_locale(wished))


def greet() -> None:
    """Find out who reads, and speak their language."""
    if not is_for_machines(request.path):
        reading = reader()
        welcome(reading.actor if reading is not None else ANONYMOUS)


def welcome(reading: Actor) -> None:
    """From here on the page is `reading`'s, in their language."""
    g.actor = reading
    if reading.is_known and reading.locale in LOCALES:
        g.language.enter_context(use_locale(reading.locale))


def _part(_error: BaseException | None) -> None:
    stack = g.pop("language", None)
    if stack is not None:
        stack.close()


def reader_of(token: str) -> Reader | None:
    """The person whose living sign-in bears this token; None when it has ended."""
    now = edge.now()
    with edge.read() as rows:
        found = sign_in_of(rows, sign_ins.token_hash(token), now)
        if found is None:
            return None
        if found.awaits_totp:
            return Reader(token, ANONYMOUS, awaits_totp=True)
        acting = actor_of(rows, found.person, local(now).date())
        lacks_totp = acting.is_staff and found.person.totp_confirmed_at is None
        sign_in_id, is_due = found.id, now - found.last_seen_at >= _SEEN_EVERY
    if is_due:
        try:
            edge.note(lambda rows: sign_ins.touch_sign_in(rows, sign_in_id, actor=acting, now=now))
        except DatabaseBusy:
            # A page must not fail because its reader could not be noted; the next one will be.
            logger.warning("sign_in_not_touched", sign_in_id=sign_in_id)
    return Reader(token, acting, lacks_totp=lacks_totp)
