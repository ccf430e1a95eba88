"""A request of the queue in words: how long it waits, what comes next, what is in its way. Knows codes and texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.domain.access import Actor
from booking.domain.deciding import ASKED, REMINDED, WITH_COORDINATOR, WITH_STAND_IN, may_decide
from booking.errors import Refusal
from booking.i18n import clock, lazy_gettext, ngettext
from booking.i18n import gettext as _
from booking.models import Booking
from booking.queries.queue import Queued
from booking.web.decision_shown import step_in_words, waited_in_words
from booking.web.texts import text_of

_ESCALATED = {
    REMINDED: lazy_gettext("The approvers have been reminded"),
    WITH_STAND_IN: lazy_gettext("Passed to the stand-ins"),
    WITH_COORDINATOR: lazy_gettext("Passed to the coordinator"),
}


@dataclass(frozen=True)
class QueueCard:
    """A request as the queue shows it. `stops`: why it can't be approved now; `marks`: what else to mind."""

    booking: Booking
    queued: Queued
    decides: bool
    waited: str
    next: str
    escalated: str
    stops: list[str]
    marks: list[str]
    dates: int = 1  # more: it stands for so many requests of a series
    last: Booking | None = None  # the last of those


def queue_card(queued: Queued, asking: Actor, now: datetime) -> QueueCard:
    """A request in words."""
    booking = queued.booking
    reached = booking.escalation
    of_series = queued.series
    return QueueCard(
        booking,
        queued,
        may_decide(booking, booking.room.unit_id, asking),
        waited_in_words(booking, now),
        step_in_words(queued.next) if queued.next is not None and booking.starts_at > now else "",
        str(_ESCALATED[reached]) if reached > ASKED else "",
        _stops_of(of_series, now) if of_series else stops(queued, now),
        [] if of_series else list(marks(queued)),
        len(of_series) or 1,
        of_series[-1].booking if of_series else None,
    )


def _stops_of(series: Sequence[Queued], now: datetime) -> list[str]:
    """How many dates of a series could not be approved now; which, its own page says."""
    number = sum(bool(stops(one, now)) for one in series)
    if not number:
        return []
    text = ngettext(
        "This concerns %(num)s of %(dates)s dates.",
        "This concerns %(num)s of %(dates)s dates.",
        number,
        dates=len(series),
    )
    return [text]


def stops(queued: Queued, now: datetime) -> list[str]:
    """Why a request could not be approved now, a sentence each."""
    begun = [text_of("begun_undecided")] if queued.booking.starts_at <= now else []
    return [*begun, *map(refused, queued.refusals)]


def refused(refusal: Refusal) -> str:
    """A rule's no as whoever decides reads it: they can't accept rules for the association."""
    code = "terms_not_accepted_yet" if refusal.code == "terms_not_accepted" else refusal.code
    return text_of(code, **refusal.params)


def marks(queued: Queued) -> Iterator[str]:
    """What stops nothing, but is good to know."""
    if queued.around.foreign:
        yield _("Another calendar claims the time.")
    if queued.before is not None:
        yield _("Another booking ends right before, at %(time)s.", time=clock(queued.before.end))
    if queued.after is not None:
        yield _("Another booking begins right after, at %(time)s.", time=clock(queued.after.start))
    waiting = queued.around.waiting
    if waiting:
        text = ngettext(
            "%(num)s other association waits for this time.",
            "%(num)s other associations wait for this time.",
            waiting,
        )
        yield text % {"num": waiting}
