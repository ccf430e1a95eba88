"""The mails about getting in: the one-time link and code, and that something of one's account has changed. Knows no cookie.

Known or not, an address gets one mail of the same making, so that neither page nor time tells whether somebody is known by it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from booking.config import base_url
from booking.i18n import LazyText, lazy_gettext, use_locale
from booking.i18n import gettext as _
from booking.models import Person
from booking.services.letters import Action, Envelope, Letter, one_line, post
from booking.services.links import Way

_CHANGES: Mapping[str, tuple[LazyText, LazyText]] = {
    "password_set": (
        lazy_gettext("Your password was changed"),
        lazy_gettext(
            "The password of your account was set or changed. All your other sign-ins have ended."
        ),
    ),
    "password_removed": (
        lazy_gettext("Your password was removed"),
        lazy_gettext(
            "The password of your account was removed. From now on you sign in with a link or code sent by e-mail."
        ),
    ),
    "second_factor_set": (
        lazy_gettext("Your second factor was set up"),
        lazy_gettext(
            "From now on signing in also asks for a code from the authenticator app you chose."
        ),
    ),
    "second_factor_ended": (
        lazy_gettext("Your second factor was taken away"),
        lazy_gettext("Signing in no longer asks for a code from your authenticator app."),
    ),
    "second_factor_reset": (
        lazy_gettext("Your second factor was reset"),
        lazy_gettext(
            "An administrator has reset your second factor and ended all your sign-ins. "
            "Sign in and set it up again."
        ),
    ),
}


def mail_way(session: Session, way: Way, now: datetime) -> None:
    """Send a way in to its address. The link opens a page with one button; the code is for the browser that asked."""
    with use_locale(way.locale):
        envelope = Envelope(
            kind="sign_in",
            # Not the link's id: links are removed when they are over, and SQLite gives the last id out again.
            cause=f"way_in:{uuid.uuid4()}",
            name=(way.name or way.email)[:120],
            address=way.email,
            person_id=way.person_id,
        )
        post(session, envelope, _of_the_known(way) if way.name else _of_the_new(way), now)


def tell_of_change(session: Session, person: Person, what: str, now: datetime) -> None:
    """Tell a person that the ways into their account have changed, so that they notice if it wasn't them."""
    with use_locale(person.locale):
        subject, said = (str(text) for text in _CHANGES[what])
        letter = Letter(
            subject=subject,
            name=one_line(person.name),
            opening=(said,),
            next_steps=(
                _(
                    "If you did this yourself, you need not do anything. "
                    "If not, sign in, end your other sign-ins on the page of your account, and tell the county's administrator."
                ),
            ),
            actions=(Action(_("Your account"), f"{base_url()}/account"),),
        )
        envelope = Envelope(
            kind="account",
            cause=f"account:{uuid.uuid4()}",
            name=person.name,
            address=person.email,
            person_id=person.id,
        )
        post(session, envelope, letter, now)


def _of_the_known(way: Way) -> Letter:
    return Letter(
        subject=_("Sign in to Yhteistila"),
        name=one_line(way.name),
        opening=(
            _(
                "You asked to sign in to Yhteistila. Type this code on the page where you asked for it:"
            ),
        ),
        big=_in_halves(way.code),
        next_steps=_what_to_know(),
        actions=(Action(_("Or press this link to sign in"), _link(way)),),
    )


def _of_the_new(way: Way) -> Letter:
    if way.has_form:
        subject = _("Confirm your e-mail address to go on with your request")
        opening = _(
            "You are asking for a room in Yhteistila. To go on, confirm that this e-mail address is yours. "
            "Type this code on the page where you filled in the form:"
        )
    else:
        subject = _("Confirm your e-mail address")
        opening = _(
            "Somebody, probably you, asked to sign in to Yhteistila with this e-mail address. Nobody is known to us by it yet. "
            "You can begin now: confirm that the address is yours and tell us your name. "
            "Type this code on the page where you asked for it:"
        )
    return Letter(
        subject=subject,
        name=one_line(way.email),
        opening=(opening,),
        big=_in_halves(way.code),
        next_steps=_what_to_know(),
        actions=(Action(_("Or press this link to confirm the address"), _link(way)),),
    )


def _what_to_know() -> tuple[str, ...]:
    return (
        _(
            "The code and the link work once, within 15 minutes. The link also works on another device."
        ),
        _(
            "If you did not ask for this, you need not do anything: nobody gets in without this mail."
        ),
    )


def _in_halves(code: str) -> str:
    """Six digits are read and typed more easily as two times three."""
    return f"{code[:3]} {code[3:]}"


def _link(way: Way) -> str:
    return f"{base_url()}/k/{way.token}"
