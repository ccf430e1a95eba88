"""What is told by mail of who acts for an association: an invitation, a hand-over that went through, a role that ended.

Knows the letters' words; must not know who may invite whom. The token stands in the mail and nowhere else.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.config import base_url
from booking.domain.local_time import local
from booking.i18n import day_in_words, use_locale
from booking.i18n import gettext as _
from booking.models import Invitation, Organisation, Person
from booking.services.letters import Action, Envelope, Letter, one_line, post


def tell_invited(
    session: Session, invitation: Invitation, token: str, person: Person | None, inviter: str
) -> None:
    """Send the invitation; `person` has an account with its address. Speaks their language, else the inviter's."""
    locale = person.locale if person is not None else None
    name = person.name if person is not None else invitation.email
    with use_locale(locale or invitation.invited_by.locale):
        organisation = one_line(invitation.organisation.name)
        day = day_in_words(local(invitation.expires_at).date())
        steps = [_("The link works until %(day)s, and once.", day=day)]
        if person is not None:
            steps.append(_("You have an account already: sign in to it to accept."))
        steps.append(_("If you do not know what this is about, you need not do anything."))
        letter = Letter(
            subject=_("Invitation to act for %(organisation)s", organisation=organisation),
            name=one_line(name),
            opening=_opening(invitation, organisation, one_line(inviter)),
            next_steps=tuple(steps),
            actions=(Action(_("Look at the invitation and accept it"), _address(token)),),
        )
        cause = f"invitation:{invitation.id}"
        envelope = Envelope("invitation", cause, name, invitation.email, _id_of(person))
        post(session, envelope, letter, invitation.created_at)


def _opening(invitation: Invitation, organisation: str, inviter: str) -> tuple[str, ...]:
    said = _(
        "%(inviter)s invites you to act for %(organisation)s in Yhteistila, where associations book rooms.",
        inviter=inviter,
        organisation=organisation,
    )
    if invitation.hands_over:
        return said, _(
            "You would be its new contact person: you book rooms, keep its details and invite others. "
            "When you accept, %(inviter)s no longer acts for it.",
            inviter=inviter,
        )
    if invitation.role == "owner":
        return said, _("As an owner you book rooms, keep its details and invite others.")
    return said, _("You could then book rooms in its name.")


def tell_handed_over(
    session: Session, organisation: Organisation, new: Person, old: Person | None, now: datetime
) -> None:
    """Tell the new contact person that the association is theirs to keep; `old`: who it was before."""
    with use_locale(new.locale):
        name = one_line(organisation.name)
        opening = [_("You are now the contact person of %(organisation)s.", organisation=name)]
        if old is not None:
            opening.append(_("%(old)s no longer acts for it.", old=one_line(old.name)))
        link = f"{base_url()}/organisations/{organisation.id}"
        letter = Letter(
            subject=_("You are the contact person of %(organisation)s", organisation=name),
            name=one_line(new.name),
            opening=tuple(opening),
            next_steps=(
                _(
                    "Check that its shared mailbox and its other details are right, and who else acts for it."
                ),
            ),
            actions=(Action(_("See the association"), link),),
        )
        _post(session, "handed_over", organisation, new, letter, now)


def tell_role_ended(
    session: Session, organisation: Organisation, person: Person, new: Person | None, now: datetime
) -> None:
    """Tell somebody that they no longer act for an association; `new`: to whom they have handed it over."""
    with use_locale(person.locale):
        name = one_line(organisation.name)
        opening = [_("You no longer act for %(organisation)s.", organisation=name)]
        if new is not None:
            opening = [
                _(
                    "%(new)s has accepted your invitation and is now the contact person of %(organisation)s.",
                    new=one_line(new.name),
                    organisation=name,
                ),
                _("Your own role in it has ended. Thank you for what you have done."),
            ]
        letter = Letter(
            subject=_("You no longer act for %(organisation)s", organisation=name),
            name=one_line(person.name),
            opening=tuple(opening),
            next_steps=(
                _("The bookings stay with the association. Your account stays yours."),
                _("If this is a mistake, ask the association's people to invite you again."),
            ),
        )
        _post(session, "role_ended", organisation, person, letter, now)


def _post(
    session: Session,
    kind: str,
    organisation: Organisation,
    person: Person,
    letter: Letter,
    now: datetime,
) -> None:
    # Somebody may come and go more than once: the instant tells the times apart.
    cause = f"organisation:{organisation.id}:{kind}:{person.id}:{now.isoformat()}"
    post(session, Envelope(kind, cause, person.name, person.email, person.id), letter, now)


def _address(token: str) -> str:
    return f"{base_url()}/i/{token}"


def _id_of(person: Person | None) -> int | None:
    return None if person is None else person.id
