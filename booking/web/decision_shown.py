"""What a booking's page says of its decision: that it is the reader's, what happens if nobody decides, what can be taken back.

`templates/bookings/decision.html` shows it. Knows rows and words; no form and no rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from booking.domain.access import Actor
from booking.domain.deciding import UNDO_WITHIN, Step, asked_at, may_decide, next_step
from booking.domain.local_time import local
from booking.i18n import clock, ngettext, short_day
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.deciding import can_be_undone

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class DecisionShown:
    """Whether the decision is the reader's, and still to be taken; what happens by itself; until when it can be undone."""

    is_decider: bool
    decides: bool
    next: str  # a sentence; empty: nothing
    undo_until: str  # a wall time; empty: it can't be taken back


def decision_shown(
    session: Session, booking: Booking, asking: Actor, now: datetime
) -> DecisionShown:
    """The decision of a booking as the reader may see it."""
    waits = booking.state == "requested"
    step = next_step(booking, booking.room.unit) if waits else None
    undo = can_be_undone(session, booking, asking, now)
    is_decider = may_decide(booking, booking.room.unit_id, asking)
    return DecisionShown(
        is_decider=is_decider,
        decides=waits and is_decider,
        next=step_in_words(step) if step is not None and booking.starts_at > now else "",
        undo_until=undo_until(booking) if undo else "",
    )


def step_in_words(step: Step) -> str:
    """What happens to a request if nobody decides, and when."""
    when = moment(step.at)
    if step.name == "remind":
        return _("If nobody decides by %(when)s, the approvers are reminded.", when=when)
    if step.name == "pass_to_stand_in":
        return _("If nobody decides by %(when)s, it goes to the stand-ins as well.", when=when)
    if step.name == "pass_to_coordinator":
        return _(
            "If nobody decides by %(when)s, it goes to the coordinator of associations as well.",
            when=when,
        )
    return _("If nobody decides by %(when)s, the request lapses.", when=when)


def waited_in_words(booking: Booking, now: datetime) -> str:
    """How long a request waits: in days, within the first day in hours."""
    waited = now - asked_at(booking)
    if waited < _HOUR:
        return _("asked just now")
    if waited < _DAY:
        hours = waited // _HOUR
        return ngettext("waits for %(num)s hour", "waits for %(num)s hours", hours) % {"num": hours}
    days = waited // _DAY
    return ngettext("waits for %(num)s day", "waits for %(num)s days", days) % {"num": days}


def undo_until(booking: Booking) -> str:
    """The wall time until which a decision can be taken back."""
    assert booking.decided_at is not None  # it is decided
    return clock(booking.decided_at + UNDO_WITHIN)


def moment(instant: datetime) -> str:
    """Day and time in words that stand within a sentence."""
    day = short_day(local(instant).date())
    return _("%(day)s at %(time)s", day=day, time=clock(instant))
