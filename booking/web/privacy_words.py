"""What personal data the service keeps, in plain words: each column, why, on what ground, how long, who sees it. Knows no rows.

The classes are those of `booking.models.base`, marked in the models; `tests/web/test_privacy.py` holds these tables to them, so a
new personal column without words, or without an end to its keeping, fails it. The legal grounds are assumed: the county's data
protection officer confirms them, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _


@dataclass(frozen=True)
class ClassWords:
    """A class of personal data: its name, why it is kept, the legal ground, and who sees it."""

    title: LazyText
    why: LazyText
    ground: LazyText
    who: LazyText


_TASK = _(
    "Public task (General Data Protection Regulation, article 6(1)(e)): the county lends its rooms to associations and "
    "works together with them."
)
_CONSENT = _(
    "Public task (article 6(1)(e)). Where it tells of health, your explicit consent (article 9(2)(a)): you decide whether to "
    "write it, and you can take it away again on the page of the booking."
)

# In the order in which the page tells them.
CLASSES: Mapping[str, ClassWords] = {
    "identity": ClassWords(
        _("Who you are"),
        _("So that you can sign in, act for your association, and see who decided what."),
        _TASK,
        _(
            "You, the people of your association, and the county's staff who deal with your bookings. "
            "Administrators see all accounts."
        ),
    ),
    "contact": ClassWords(
        _("How you can be reached"),
        _("So that the site can reach you about a booking, and so that you get our mails."),
        _TASK,
        _(
            "Your association, the approvers of the site in question and their stand-ins, the coordinator of associations, and "
            "administrators. Each time staff look at it, that is written down."
        ),
    ),
    "sensitive": ClassWords(
        _("What your occasion is and what you need"),
        _(
            "So that the room suits the people who come. Together with the association it may reveal something of health or "
            "belief. So please write only what the site must know, and nobody's name or illness."
        ),
        _CONSENT,
        _(
            "Your association, the approvers of the site in question and their stand-ins, the coordinator of associations, and "
            "administrators. Each time staff look at it, that is written down. Viewers of the county and others do not see it. "
            "The name of an occasion is public only if you have said so."
        ),
    ),
    "secret": ClassWords(
        _("Passwords and keys"),
        _("So that nobody else can sign in as you."),
        _TASK,
        _("Nobody. They are kept in a form that cannot be read back, or encrypted."),
    ),
    "technical": ClassWords(
        _("Traces of use"),
        _("So that you can see where you are signed in, and so that nobody can guess passwords."),
        _TASK,
        _("You see your own sign-ins. Nobody else looks at them."),
    ),
}

_MAIL = _("mails that we have sent: to whom, and what they said")
_OCCASION = _("the name of an occasion, in the booking and in calendars where you made it public")
_SITE = _("contact details of a site or a room, given by its staff")
_HASHES = _("links and codes that were sent by e-mail, as hashes")
_SIGN_INS = _("on which device and when you have signed in")
# "table.column" of the models → what it is.
COLUMNS: Mapping[str, LazyText] = {
    "person.email": _("your e-mail address"),
    "person.name": _("your name"),
    "person.title": _("your work title, if you work for the county"),
    "person.password_hash": _("your password, if you have chosen one, as a hash"),
    "person.totp_secret": _("the key of your second factor, encrypted"),
    "sign_in.token_hash": _("the key of a sign-in, as a hash"),
    "sign_in.created_at": _SIGN_INS,
    "sign_in.last_seen_at": _SIGN_INS,
    "sign_in.device": _SIGN_INS,
    "mailed_link.email": _("the address to which you asked a link or a code"),
    "mailed_link.token_hash": _HASHES,
    "mailed_link.browser_hash": _HASHES,
    "mailed_link.code_hash": _HASHES,
    "mailed_link.kept": _("what you had filled in before you signed in, so that it is not lost"),
    "sign_in_attempt.key": _("how often something was tried, without address or name"),
    "api_token.token_hash": _("a key for programs, as a hash"),
    "api_token.last_used_at": _("when a program last used your key"),
    "organisation.contact_email": _("the e-mail address of an association"),
    "organisation.responsible_name": _("who answers for an unregistered association"),
    "invitation.email": _("the address of somebody who was invited to act for an association"),
    "invitation.token_hash": _HASHES,
    "booking.title": _OCCASION,
    "booking.needs": _("access needs, as you wrote them"),
    "booking.needed_features": _("access needs, as you ticked them"),
    "booking.contact_name": _("the name of the contact person of a booking"),
    "booking.contact_email": _("the e-mail address of the contact person of a booking"),
    "booking.decided_by_name": _("the name and title of whoever decided on a booking"),
    "booking.release_hash": _HASHES,
    "report.email": _("your e-mail address, if you gave it with a report or feedback"),
    "report.text": _("what you wrote in a report or in feedback"),
    "calendar_text.summary": _OCCASION,
    "calendar_text.text": _OCCASION,
    "idempotency_key.answer": _("the answer to what you sent, so that pressing twice does it once"),
    "outbox_message.recipient_name": _("the name to which a mail was sent"),
    "outbox_message.recipient": _("the address to which a mail was sent"),
    "outbox_message.subject": _MAIL,
    "outbox_message.body": _MAIL,
    "outbox_message.html": _MAIL,
    "outbox_message.calendar": _MAIL,
    "audit_entry.actor_name": _("who did what and when, in the records of changes"),
    "unit.contact_email": _SITE,
    "unit.contact_phone": _SITE,
    "room.contact_name": _SITE,
    "room.contact_email": _SITE,
    "room.contact_phone": _SITE,
}

# What ends the keeping of a column that no rule of `booking.domain.retention` empties: a key of ENDS.
ENDED_OTHERWISE: Mapping[str, str] = {
    "person.email": "account",
    "person.name": "account",
    "person.title": "account",
    "person.password_hash": "account",
    "person.totp_secret": "account",
    "sign_in.token_hash": "sign_in",
    "sign_in.created_at": "sign_in",
    "sign_in.last_seen_at": "sign_in",
    "sign_in.device": "sign_in",
    "mailed_link.email": "link",
    "mailed_link.token_hash": "link",
    "mailed_link.browser_hash": "link",
    "mailed_link.code_hash": "link",
    "mailed_link.kept": "link",
    "sign_in_attempt.key": "attempt",
    "api_token.token_hash": "account",
    "api_token.last_used_at": "account",
    "organisation.contact_email": "organisation",
    "organisation.responsible_name": "organisation",
    "invitation.token_hash": "nothing",
    "booking.release_hash": "nothing",
    "idempotency_key.answer": "repeated",
    "unit.contact_email": "site",
    "unit.contact_phone": "site",
    "room.contact_name": "site",
    "room.contact_email": "site",
    "room.contact_phone": "site",
}
# How long, in a sentence; `time` is a length in words, `later` how long a link is still kept when it has ended.
ENDS: Mapping[str, LazyText] = {
    "needs": _("Access needs are deleted %(time)s after the date of the booking."),
    "booking_contacts": _("The contact person of a booking is deleted %(time)s after its date."),
    "old_bookings": _(
        "The name of the occasion, the reasons, and who decided are deleted %(time)s after the date. Room, time, association and "
        "outcome stay, for statistics."
    ),
    "idle_persons": _(
        "An account without association and without a role is erased when nobody has used it for %(time)s."
    ),
    "mails": _("Mails are emptied %(time)s after they were written."),
    "waiting": _("A place on a waiting list is deleted %(time)s after the date."),
    "reports": _(
        "Reports and feedback are emptied %(time)s after they were answered. That there was one stays, for statistics."
    ),
    "invitations": _("The address of an invitation is deleted %(time)s after it has ended."),
    "audit": _("The record of who did what is deleted after %(time)s."),
    "account": _("As long as you have an account. You can erase it yourself at any time."),
    "sign_in": _("A sign-in ends at the latest after %(time)s, and is deleted then."),
    "link": _("A link or code works for %(time)s, and is deleted %(later)s after that."),
    "attempt": _("Tries are counted for %(time)s, and deleted then."),
    "repeated": _("Answers to what was sent are deleted after %(time)s."),
    "organisation": _(
        "As long as the association uses the service, or until its people change it."
    ),
    "site": _("As long as the site lends rooms, or until its staff change it."),
    "nothing": _(
        "Hashes of links that no longer open anything may stay; they tell nothing of anybody."
    ),
}
# The rules of retention, as an administrator sees them.
RULE_TITLES: Mapping[str, LazyText] = {
    "needs": _("Access needs: days after the date"),
    "booking_contacts": _("Contact persons of bookings: days after the date"),
    "old_bookings": _("Names and reasons of old bookings: days after the date"),
    "idle_persons": _("Idle accounts: days without use"),
    "mails": _("Texts of mails: days after they were written"),
    "waiting": _("Waiting lists: days after the date"),
    "reports": _("Reports and feedback: days after the answer"),
    "invitations": _("Invitations: days after they ended"),
    "audit": _("Who did what: days"),
}
# The parts of the export of one's own data.
SECTIONS: Mapping[str, LazyText] = {
    "person": _("Your account"),
    "roles": _("Your roles in the county"),
    "memberships": _("Associations you act for"),
    "absences": _("Absences and standing in"),
    "mail_settings": _("Your choices about mails"),
    "sign_ins": _("Where you are signed in"),
    "mailed_links": _("Links and codes you asked for"),
    "api_tokens": _("Keys for programs"),
    "acts_kept_for_repeating": _("Answers kept so that pressing twice does it once"),
    "contact_of_organisations": _("Associations whose contact or responsible person you are"),
    "invitations": _("Invitations to you"),
    "invitations_sent": _("Invitations you sent"),
    "bookings": _("Bookings you asked for"),
    "contact_of_bookings": _("Bookings of others whose contact person you are"),
    "decisions": _("Decisions you made"),
    "names_in_calendars": _("Names of your occasions in calendars"),
    "series": _("Series you asked for"),
    "waiting": _("Waiting lists"),
    "reports": _("Reports and feedback from you"),
    "reports_answered": _("Reports you answered"),
    "blocks": _("Times you blocked"),
    "contact_of_sites": _("Sites whose contact you are"),
    "contact_of_rooms": _("Rooms whose contact you are"),
    "mails": _("Mails to you"),
    "done_by_you": _("What you have done here"),
    "done_to_your_data": _("What others did with your data, looking at it included"),
}
