"""Help for the three kinds of people, task by task: what to do, and the page on which it is done. Knows words and endpoints.

`tests/web/test_help.py` holds each endpoint to the application, so that no page of help leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.i18n import LazyText
from booking.i18n import lazy_gettext as _


@dataclass(frozen=True)
class Task:
    """Something a person wants to do: the steps, and the endpoint of the page with the words of its link."""

    title: LazyText
    steps: tuple[LazyText, ...]
    endpoint: str = ""
    link: LazyText | None = None


@dataclass(frozen=True)
class Guide:
    """The help for one kind of people."""

    title: LazyText
    lead: LazyText
    tasks: tuple[Task, ...]


_ASSOCIATIONS = Guide(
    _("Help for associations"),
    _("How to find a room, ask for it, and look after your bookings."),
    (
        Task(
            _("Find a free room"),
            (
                _("Say on the front page when, for how many people, and what you need."),
                _("We show the rooms that are free then, and why others are not."),
                _("You need not sign in to look."),
            ),
            "search.show",
            _("Find a room"),
        ),
        Task(
            _("Ask for a room for the first time"),
            (
                _("Choose a free time and fill in the request."),
                _(
                    "We send a link and a code to your e-mail address. They show that the address is yours."
                ),
                _(
                    "Name your association. A business ID is not needed, and an unregistered association can ask too."
                ),
                _("The site makes sure who you are and decides on your request at the same time."),
            ),
            "search.show",
            _("Begin with a free time"),
        ),
        Task(
            _("Sign in"),
            (
                _(
                    "Enter your e-mail address. We send you a link and a code; they work for 15 minutes."
                ),
                _(
                    "You do not need a password. You can choose one on the page of your account if you like."
                ),
            ),
            "people.sign_in",
            _("Sign in"),
        ),
        Task(
            _("See, change, move or cancel a booking"),
            (
                _("Open the booking from your list."),
                _(
                    "Before you move an approved booking, the page says whether the site decides anew."
                ),
                _("Cancel in good time if you do not need the room, so that others can use it."),
            ),
            "bookings.mine",
            _("My bookings"),
        ),
        Task(
            _("Let others book for the association"),
            (
                _("The owner of the association invites them by e-mail on its page."),
                _("When the owner changes, hand the association over there in one step."),
            ),
            "organisations.show_all",
            _("Associations"),
        ),
        Task(
            _("Choose which mails you get"),
            (_("Some mails can come once a day, or not at all."),),
            "mail_settings.show",
            _("Mails to you"),
        ),
        Task(
            _("See or erase what we keep about you"),
            (_("You can take all of it along as a file, and erase your account yourself."),),
            "own_data.show",
            _("Your own data"),
        ),
    ),
)
_APPROVERS = Guide(
    _("Help for approvers"),
    _("How to decide on requests and keep the rooms of your sites up to date."),
    (
        Task(
            _("Decide on a request"),
            (
                _("The queue shows the requests of your sites, the oldest first."),
                _(
                    "Open a request. You see the association, its agreements, and what the room is needed for."
                ),
                _(
                    "Approve it, approve it on a condition, or reject it with a reason. The requester reads the reason."
                ),
                _("For a few minutes you can undo a decision: nothing has been sent yet."),
            ),
            "staff.requests",
            _("Requests"),
        ),
        Task(
            _("Say who stands in for you"),
            (
                _("Choose the days and somebody of the county who decides meanwhile."),
                _(
                    "A request that nobody decides on is told to you again, then to the stand-in, then to the coordinator."
                ),
            ),
            "absences.show",
            _("Absences"),
        ),
        Task(
            _("Keep a room's facts right"),
            (
                _(
                    "Check the accessibility of each room about once a year. What nobody has checked is shown as unknown."
                ),
                _("Pictures need words for people who cannot see them."),
            ),
            "staff.rooms",
            _("Rooms of my sites"),
        ),
        Task(
            _("Close the site or change its opening hours"),
            (_("Bookings to come that it would break are shown to you first."),),
            "staff_units.units",
            _("My sites"),
        ),
        Task(
            _("Look at access needs with care"),
            (
                _(
                    "A need may be health data. Look at it only when you decide on the booking or make the room ready."
                ),
                _("Each look is written down, and needs are deleted soon after the date."),
                _("Never write about a client or a patient in a reason, a condition or a report."),
            ),
            "privacy.show",
            _("What we keep and for how long"),
        ),
    ),
)
_COORDINATORS = Guide(
    _("Help for the coordinator and administrators"),
    _("How to look after associations, sites, mails and privacy."),
    (
        Task(
            _("Verify and merge associations"),
            (
                _("Make sure who a new association is, and verify it."),
                _(
                    "If the same association is there twice, merge the two. Bookings and people move to the one that is kept."
                ),
                _("Write down agreements with their days and file number."),
            ),
            "organisations.show_all",
            _("Associations"),
        ),
        Task(
            _("Decide on what others left undecided"),
            (
                _(
                    "Requests come to the coordinator when neither approver nor stand-in has decided in time."
                ),
            ),
            "staff.requests",
            _("Requests"),
        ),
        Task(
            _("Open a site for booking"),
            (
                _("Add the site, its opening hours and its rooms, and give it an approver."),
                _("Then open it. Nothing of a site can be booked before that."),
            ),
            "places.show",
            _("Places"),
        ),
        Task(
            _("See which mails did not arrive"),
            (_("Correct the address, and send the mail again."),),
            "failed_mails.show",
            _("Mails that did not arrive"),
        ),
        Task(
            _("See what was looked for in vain"),
            (_("Searches and requests that could not be met are counted, without persons."),),
            "demand.show",
            _("Demand"),
        ),
        Task(
            _("Set how long things are kept"),
            (
                _(
                    "Each length has its bounds. Before you save, you can count what would be removed."
                ),
                _(
                    "The service removes it by itself every night. The record of it has numbers only."
                ),
            ),
            "retention.show",
            _("How long things are kept"),
        ),
    ),
)
# By the word in the address.
GUIDES: Mapping[str, Guide] = {
    "jarjestot": _ASSOCIATIONS,
    "kasittelijat": _APPROVERS,
    "koordinaattorit": _COORDINATORS,
}
