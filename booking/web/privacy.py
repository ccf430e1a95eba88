"""The privacy notice: made of what the models mark as personal and of the lengths in force. Knows words; no row and no person.

What the county must still confirm – the legal grounds and the usual lengths – the page itself says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template

from booking.domain.retention import RULES
from booking.i18n import ngettext
from booking.models import Base
from booking.services.idempotency import KEPT_FOR
from booking.services.limits import LONGEST_WINDOW
from booking.services.links import LIVES
from booking.services.retention import kept_days
from booking.services.sign_ins import ABSOLUTE, LINKS_KEPT
from booking.web import edge, words
from booking.web.privacy_words import CLASSES, COLUMNS, ENDED_OTHERWISE, ENDS, ClassWords

blueprint = Blueprint("privacy", __name__)

# What no setting changes.
_FIXED: Mapping[str, timedelta] = {
    "sign_in": max(ABSOLUTE.values()),
    "link": LIVES,
    "attempt": LONGEST_WINDOW,
    "repeated": KEPT_FOR,
}


@dataclass(frozen=True)
class Told:
    """One class of personal data as the page tells it."""

    key: str
    words: ClassWords
    what: list[str]
    how_long: list[str]


@blueprint.get("/tietosuoja")
def show() -> str:
    """What is kept of whom, why, how long, and what one may ask for."""
    with edge.read() as session:
        days = kept_days(session)
    return render_template(
        "info/privacy.html",
        classes=[_told(key, days) for key in CLASSES],
        also=[end_in_words("waiting", days)],
        email=edge.settings().privacy_email,
    )


def end_in_words(key: str, days: Mapping[str, int]) -> str:
    """What ends the keeping of something, and when; `key` of ENDS, `days` by the key of each rule."""
    time = ""
    if key in _FIXED:
        time = words.duration(_in_minutes(_FIXED[key]))
    elif key in days:
        time = length_in_words(days[key])
    return ENDS[key] % {"time": time, "later": words.duration(_in_minutes(LINKS_KEPT))}


def _in_minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)


def length_in_words(days: int) -> str:
    """A length in days, or in years where it is whole ones, with leap days or without."""
    years = days // 365
    if years and days <= years * 366:
        return ngettext("%(num)s year", "%(num)s years", years)
    return words.duration(days * 1440)


def _told(key: str, days: Mapping[str, int]) -> Told:
    columns = [name for name in COLUMNS if name in set(_columns_of(key))]
    ends = {end for name in columns for end in _ends_of(name)}
    return Told(
        key,
        CLASSES[key],
        list(dict.fromkeys(str(COLUMNS[name]) for name in columns)),
        [end_in_words(end, days) for end in ENDS if end in ends],
    )


def _columns_of(key: str) -> Iterator[str]:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.info.get("personal") == key:
                yield f"{table.name}.{column.name}"


def _ends_of(column: str) -> Iterator[str]:
    yield from (rule.key for rule in RULES if column in rule.columns)
    if column in ENDED_OTHERWISE:
        yield ENDED_OTHERWISE[column]
