"""What a room allows, said in words: its hours week by week, what is coming, its rules one by one. Knows words; no page, no row.

Days are local; hours are those of the wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from booking.domain.accessibility import needs_check
from booking.domain.rooms import ACTIVITIES, OpeningHours, RoomRules, Stretch
from booking.domain.texts import LocalText
from booking.i18n import current_locale, day_in_words, short_day
from booking.i18n import gettext as _
from booking.models import RoomFeature
from booking.web import words
from booking.web.texts import minute_of_day, stretches_in_words

_DAY = timedelta(days=1)
# Told as a way to go, not as a size: how far it is to the door.
_DISTANCES = frozenset({"accessible_parking", "drop_off"})


@dataclass(frozen=True, slots=True)
class Hours:
    """When it is open (empty: closed) on a day or some days in words, and why these are hours of their own."""

    days: str
    open: str
    because: LocalText | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """Weekly hours, days with the same ones together; `span` says for which season, None: usually."""

    span: str | None
    hours: list[Hours]


def hours_of_week(hours: OpeningHours, first: date) -> list[Hours]:
    """The seven days from Monday `first` on, each as it really is: with its season, holidays and exceptions."""
    days = [first + n * _DAY for n in range(7)]
    return [
        Hours(short_day(day), stretches_in_words(hours.on(day)), hours.because(day)) for day in days
    ]


def weeks_of_year(hours: OpeningHours, today: date) -> list[Week]:
    """The usual week and the seasons that are not over, if there are any; else nothing, since each week says it all."""
    seasons = sorted(
        (season for season in hours.seasons if season.last >= today), key=lambda one: one.first
    )
    if not seasons:
        return []
    spans = [(_span(season.first, season.last), season.weekly) for season in seasons]
    return [
        Week(None, _together(hours.weekly)),
        *(Week(span, _together(week)) for span, week in spans),
    ]


def exceptions_soon(hours: OpeningHours, today: date, days: int) -> list[Hours]:
    """Days with hours of their own and holidays, from today on; days in a row with the same hours and reason are one."""
    found: list[tuple[date, date, tuple[Stretch, ...], LocalText | None]] = []
    goes_on = False
    for day in (today + n * _DAY for n in range(days + 1)):
        own, because = hours.on(day), hours.because(day)
        is_closed_anyway = not own and not hours.week_of(day).get(day.weekday())
        if day not in hours.exceptions and (because is None or is_closed_anyway):
            # A weekend within a closed fortnight does not end it.
            goes_on = goes_on and is_closed_anyway
        elif goes_on and found[-1][2:] == (own, because):
            found[-1] = (found[-1][0], day, own, because)
        else:
            found.append((day, day, own, because))
            goes_on = True
    return [
        Hours(
            day_in_words(first) if first == last else _span(first, last),
            stretches_in_words(own),
            because,
        )
        for first, last, own, because in found
    ]


def rules_in_words(rules: RoomRules) -> list[str]:
    """How the room is booked, a sentence for each rule its unit has set."""
    said = [
        _(
            "At least %(notice)s beforehand, for %(shortest)s to %(longest)s at a time.",
            notice=words.duration(rules.notice_minutes),
            shortest=words.duration(rules.min_minutes),
            longest=words.duration(rules.max_minutes),
        ),
        _("At most %(horizon)s ahead.", horizon=words.duration(rules.horizon_days * 1440)),
        _("Start and length are multiples of %(step)s.", step=words.duration(rules.step_minutes)),
    ]
    before, after = rules.buffer_before_minutes, rules.buffer_after_minutes
    if before:
        said.append(_("%(length)s must be free before a booking.", length=words.duration(before)))
    if after:
        said.append(_("%(length)s must be free after a booking.", length=words.duration(after)))
    if rules.latest_end_minute is not None:
        at = minute_of_day(rules.latest_end_minute)
        said.append(_("The room must be empty by %(time)s.", time=at))
    if rules.available_until is not None:
        said.append(
            _("The room can be had until %(day)s.", day=day_in_words(rules.available_until))
        )
    for quota in rules.quotas:
        said.append(
            _(
                "An association may hold the rooms of this site for at most %(length)s %(per)s.",
                length=words.hours(quota.limit_minutes),
                per=words.quota_period(quota.per),
            )
        )
    return said


def not_allowed(rules: RoomRules) -> list[tuple[str, LocalText | None]]:
    """The activities the room is not lent for, each with the reason where one is given."""
    return [
        (words.activity(code), rules.activity_reasons.get(code))
        for code in ACTIVITIES
        if code not in rules.activities
    ]


def measure(feature: RoomFeature) -> str | None:
    """How wide, how high, how far, how many, from which side; None where nothing was measured."""
    said = []
    if feature.count is not None:
        said.append(_("%(count)s places", count=feature.count))
    if feature.measure_cm is not None and feature.code in _DISTANCES:
        metres = f"{feature.measure_cm / 100:.1f}".removesuffix(".0")
        if current_locale() != "en":
            metres = metres.replace(".", ",")
        said.append(_("%(metres)s m to the door", metres=metres))
    elif feature.measure_cm is not None:
        said.append(f"{feature.measure_cm} cm")
    if feature.side is not None:
        said.append(words.side(feature.side))
    return ", ".join(said) or None


def is_old(feature: RoomFeature, today: date) -> bool:
    """Whether what is known was checked over a year ago."""
    return feature.checked_on is not None and needs_check(feature.checked_on, today)


def _together(week: Mapping[int, tuple[Stretch, ...]]) -> list[Hours]:
    rows: list[tuple[int, int, tuple[Stretch, ...]]] = []
    for weekday in range(7):
        own = tuple(week.get(weekday, ()))
        if rows and rows[-1][2] == own:
            rows[-1] = (rows[-1][0], weekday, own)
        else:
            rows.append((weekday, weekday, own))
    return [
        Hours(
            words.weekday(first)
            if first == last
            else f"{words.weekday(first)} – {words.weekday(last)}",
            stretches_in_words(own),
        )
        for first, last, own in rows
    ]


def _span(first: date, last: date) -> str:
    return f"{short_day(first)} – {short_day(last)}"
