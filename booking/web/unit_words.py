"""What is known of a unit, in words: its weeks, its exceptions, and what an entry of the audit changed.

Knows codes and how values are kept as JSON (`booking.services.hours`); no form, no rows and no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from booking.domain.rooms import QUOTA_PERIODS, Stretch
from booking.domain.texts import LocalText
from booking.i18n import current_locale, lazy_gettext, short_day
from booking.i18n import gettext as _
from booking.models import AuditEntry, OpeningHours
from booking.queries.units import Names
from booking.web import words
from booking.web.room_words import LANGUAGES, NOTHING, YES_NO, Change
from booking.web.texts import stretches_in_words

_SHOWN = 300  # signs of a long text that a line of history shows
_LABELS = {
    "name": lazy_gettext("Name"),
    "address": lazy_gettext("Street address"),
    "municipality_id": lazy_gettext("Municipality"),
    "division_id": lazy_gettext("Division"),
    "open_for_booking": lazy_gettext("Open for booking"),
    "contact_email": lazy_gettext("E-mail address"),
    "contact_phone": lazy_gettext("Telephone"),
    "arrival": lazy_gettext("Getting there"),
    "external_id": lazy_gettext("Id in other systems"),
    "closed_on_holidays": lazy_gettext("Closed on Finnish holidays"),
    "closed_on_midsummer_eve": lazy_gettext("Closed on Midsummer Eve"),
    "closed_on_christmas_eve": lazy_gettext("Closed on Christmas Eve"),
    "remind_after_hours": lazy_gettext("Approvers are reminded, hours after asking"),
    "stand_in_after_hours": lazy_gettext("Stand-ins are told, hours after asking"),
    "coordinator_after_hours": lazy_gettext("The coordinator decides too, hours after asking"),
    "lapse_after_hours": lazy_gettext("It lapses, hours after asking"),
    "approves_by_itself": lazy_gettext("Verified associations need no decision"),
    "appeal": lazy_gettext("How to appeal"),
    "remind_days_before": lazy_gettext("Reminder, days before the date"),
    "late_cancel_hours": lazy_gettext("A cancellation is late, hours before the start"),
}
_QUOTAS = {
    "week": lazy_gettext("Hours in a week"),
    "month": lazy_gettext("Hours in a month"),
    "year": lazy_gettext("Hours in a year"),
}


def week_in_words(rows: Iterable[OpeningHours]) -> list[tuple[str, str]]:
    """A week as days and hours, days in a row with the same hours together: [("ma–pe", "8.00–20.00"), ("la–su", "closed")]."""
    return _week([(row.weekday, row.opens_minute, row.closes_minute) for row in rows])


def _week(rows: Iterable[Sequence[int]]) -> list[tuple[str, str]]:
    days: list[list[Stretch]] = [[] for _day in range(7)]
    for weekday, opens, closes in sorted(rows, key=list):
        days[weekday].append((opens, closes))
    found: list[tuple[int, int]] = []
    for day, stretches in enumerate(days):
        if found and days[found[-1][0]] == stretches:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return [(_days_of_week(*span), open_in_words(days[span[0]])) for span in found]


def _days_of_week(first: int, last: int) -> str:
    if first == last:
        return words.weekday(first)
    return f"{words.short_weekday(first)}–{words.short_weekday(last)}"


def open_in_words(stretches: Iterable[Stretch]) -> str:
    """Opening hours of a day; closed where there are none."""
    return stretches_in_words(stretches) or _("closed")


def span_in_words(first: date, last: date | None) -> str:
    """A day, or the first and the last of several."""
    if last is None or last == first:
        return short_day(first)
    return f"{short_day(first)} – {short_day(last)}"


def changes(entry: AuditEntry, names: Names) -> list[Change]:
    """What an entry of a unit's history changed; `names` of municipalities and divisions by column and id."""
    before, after = entry.before, entry.after
    if entry.action in ("add_unit", "edit_unit"):
        return [change for name in _LABELS for change in _of_column(name, before, after, names)]
    if entry.action == "set_hours":
        return [
            Change(_season(name), _hours(before.get(name)), _hours(after.get(name)))
            for name in sorted(before.keys() | after.keys())
        ]
    if entry.action in ("set_exception", "remove_exception"):
        had, has = before.get("exception"), after.get("exception")
        return [Change(_("Days"), _exception(had), _exception(has))]
    if entry.action == "set_terms":
        return [Change(_("Rules of use"), _terms(before, True), _terms(after, after["has_text"]))]
    return [
        Change(str(_QUOTAS[per]), _quota(before.get(per)), _quota(after.get(per)))
        for per in QUOTA_PERIODS
        if per in before or per in after
    ]


def _of_column(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], names: Names
) -> Iterator[Change]:
    if name not in before and name not in after:
        return
    label, had, has = str(_LABELS[name]), before.get(name), after.get(name)
    if name not in before and has == "changed":
        # Of contacts the audit keeps only that they changed.
        yield Change(label, None, None)
    elif isinstance(had or has, dict):
        for lang, spoken in LANGUAGES.items():
            old, new = ((value or {}).get(lang) for value in (had, has))
            if old != new:
                yield Change(f"{label} {spoken}", _shortened(old), _shortened(new))
    else:
        yield Change(label, _said(name, had, names), _said(name, has, names))


def _said(name: str, value: Any, names: Names) -> str:
    if value is None:
        return str(NOTHING)
    if isinstance(value, bool):
        return str(YES_NO[value])
    if name in names:
        known = names[name].get(value)
        return known.choose(current_locale())[0] if known is not None else str(value)
    return _shortened(str(value))


def _season(name: str) -> str:
    if name == "usual":
        return _("The usual week")
    first, last = (date.fromisoformat(day) for day in name.split("/"))
    return span_in_words(first, last)


def _hours(rows: Sequence[Sequence[int]] | None) -> str:
    if not rows:
        return str(NOTHING)
    return "; ".join(f"{days} {open_}" for days, open_ in _week(rows))


def _exception(said: Mapping[str, Any] | None) -> str:
    if said is None:
        return str(NOTHING)
    first = date.fromisoformat(said["day"])
    last = date.fromisoformat(said["last_day"]) if said["last_day"] else None
    opens, closes = said["opens_minute"], said["closes_minute"]
    hours = open_in_words([] if opens is None else [(opens, closes)])
    reason = LocalText(**said["reason"]).choose(current_locale())[0] if said["reason"] else ""
    return f"{span_in_words(first, last)}: {hours}" + (f" ({reason})" if reason else "")


def _terms(said: Mapping[str, Any], has_text: bool) -> str:
    number = said.get("terms_version")
    if number is None:
        return str(NOTHING)
    return _("version %(number)s", number=number) if has_text else _("taken away")


def _quota(minutes: int | None) -> str:
    return str(NOTHING) if minutes is None else words.hours(minutes)


def _shortened(text: str | None) -> str:
    if text is None:
        return str(NOTHING)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
