"""Why a room can't be had then, in words: whole sentences for a search, a few words for a date of many. Knows texts; no page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from booking.domain.accessibility import matched
from booking.domain.bookings import refusals_of_time
from booking.domain.local_time import local
from booking.domain.rooms import RoomRules
from booking.domain.series import Weighed
from booking.domain.texts import LocalText
from booking.errors import Conflict
from booking.i18n import current_locale, gettext, period_in_words
from booking.i18n import lazy_gettext as _
from booking.models import SkippedOccurrence
from booking.queries.availability import NotFree
from booking.web import words
from booking.web.texts import text_of
from calendars.period import Period

_SHORT = {
    "room_taken": _("taken"),
    "closed": _("closed"),
    "not_available_then": _("not lent then"),
    "too_late": _("too soon to ask for it"),
    "beyond_horizon": _("not open for requests yet"),
    "wrong_step": _("does not begin or end when bookings do"),
    "too_short": _("too short"),
    "too_long": _("too long"),
    "buffer": _("too close to another booking"),
    "missing_hour": _("the clocks skip this time"),
    "doubled_hour": _("the clocks show this time twice"),
}


def why_not_free(one: NotFree) -> list[str]:
    """Each reason as a sentence: the rules first, then what holds the room, and when."""
    rules = [text_of(refusal.code, **refusal.params) for refusal in one.refusals]
    return [*rules, *map(_held, one.conflicts)]


def _held(conflict: Conflict) -> str:
    return gettext(
        "%(taken)s: %(when)s.",
        taken=words.taken(conflict.kind),
        when=period_in_words(Period(conflict.starts_at, conflict.ends_at)),
    )


def why_unfit(one: NotFree, needed: Sequence[str], whatever: frozenset[str]) -> list[str]:
    """Why a room would do at no time: the rules among `whatever` codes, and what it is known to lack of what is `needed`."""
    rules = [text_of(one.code, **one.params) for one in one.refusals if one.code in whatever]
    missing = [words.feature(it.code) for it in matched(one.room, needed) if it.value == "no"]
    if missing:
        rules.append(gettext("Missing: %(features)s.", features=", ".join(missing)))
    return rules


def unknown_needs(room: RoomRules, needed: Sequence[str]) -> list[str]:
    """The names of the needs of which nothing is known here."""
    return [words.feature(it.code) for it in matched(room, needed) if it.value == "unknown"]


def date_in_short(one: Weighed, now: datetime) -> str:
    """Why one date of a series can't be had: in a few words where there are such, else as a sentence."""
    if one.code in _SHORT:
        return in_short(one.wished.rules, one.code, one.wished.period, now)
    refusal = one.refusals[0]
    return text_of(refusal.code, **refusal.params)


def in_short(room: RoomRules, code: str, slot: Period | None, now: datetime) -> str:
    """A few words for why one date can't be had; a closed day with its reason or its holiday's name."""
    said = str(_SHORT[code])
    if code == "closed" and slot is not None:
        because = room.hours.because(local(slot.start).date())
        if because is not None:
            return f"{said}: {because.choose(current_locale())[0].rstrip(' .')}"
    if code in ("wrong_step", "too_short", "too_long") and slot is not None:
        # All dates have the same reason: what to do about it is said at once.
        return next(
            text_of(it.code, **it.params)
            for it in refusals_of_time(room, slot, now)
            if it.code == code
        )
    return said


def left_out(row: SkippedOccurrence) -> str:
    """Why a day of a series was left out, as it was then; a closed day with its reason or its holiday's name."""
    if row.code not in _SHORT:
        return words.reason(row.code)
    said = str(_SHORT[row.code])
    if "fi" in row.params:
        because = LocalText(row.params["fi"], row.params.get("sv"), row.params.get("en"))
        return f"{said}: {because.choose(current_locale())[0].rstrip(' .')}"
    return said
