"""What is known of a room, in words: the label of each fact, its value, and what an entry of the audit changed.

Knows codes and how values are kept as JSON (`booking.services.upkeep.as_json`); no form, no rows and no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from booking.domain.texts import LocalText
from booking.i18n import LazyText, current_locale, day_in_words, period_in_words, short_day
from booking.i18n import lazy_gettext as _
from booking.models import AuditEntry
from booking.web import words
from booking.web.texts import minute_of_day
from calendars.period import Period

LANGUAGES = {"fi": _("in Finnish"), "sv": _("in Swedish"), "en": _("in English")}
YES_NO = {True: _("yes"), False: _("no")}
NOTHING = _("nothing")
_SHOWN = 300  # signs of a long text that a line of history shows


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that was changed: its label, what it was and what it is, in words; None where the audit doesn't keep it."""

    label: str
    before: str | None
    after: str | None


def _text(value: Mapping[str, str]) -> str:
    return LocalText(**value).choose(current_locale())[0]


def _layouts(value: Mapping[str, int]) -> str:
    return ", ".join(f"{words.layout(code)} {people}" for code, people in value.items())


def _reasons(value: Mapping[str, Mapping[str, str]]) -> str:
    return "; ".join(f"{words.activity(code)}: {_text(said)}" for code, said in value.items())


def _equipment(codes: list[str]) -> str:
    return ", ".join(words.equipment(code) for code in words.EQUIPMENT if code in codes)


def _horizon(days: int) -> str:
    return words.duration(days * 1440)


def _kept_free(minutes: int) -> str:
    return words.duration(minutes) if minutes else str(_("no time"))


def _notice(minutes: int) -> str:
    return words.duration(minutes) if minutes else str(_("no notice is needed"))


def _day(value: str) -> str:
    return day_in_words(date.fromisoformat(value))


@dataclass(frozen=True, slots=True)
class Fact:
    """How one column of a room is called and said."""

    label: LazyText
    said: Callable[[Any], str] = str


# In the order of the pages. Columns that hold a text in three languages are said by `_text`.
FACTS: Mapping[str, Fact] = {
    "name": Fact(_("Name"), _text),
    "description": Fact(_("Description"), _text),
    "owner": Fact(_("Owner of the room")),
    "external_id": Fact(_("Id in other systems")),
    "capacity": Fact(_("People at most")),
    "layouts": Fact(_("People by layout"), _layouts),
    "equipment": Fact(_("Equipment"), _equipment),
    "published": Fact(_("Published"), lambda value: str(YES_NO[value])),
    "activities": Fact(_("Lent for"), words.activities),
    "activity_reasons": Fact(_("Why not for other uses"), _reasons),
    "outside_use": Fact(_("May others than the owner use it"), words.feature_value),
    "available_until": Fact(_("Can be had until"), _day),
    "elsewhere_url": Fact(_("Booked elsewhere, at")),
    "notice_minutes": Fact(_("Must be asked for beforehand by"), _notice),
    "horizon_days": Fact(_("Can be asked for ahead by"), _horizon),
    "min_minutes": Fact(_("Shortest booking"), words.duration),
    "max_minutes": Fact(_("Longest booking"), words.duration),
    "step_minutes": Fact(_("Bookings begin and end every"), words.duration),
    "buffer_before_minutes": Fact(_("Kept free before a booking"), _kept_free),
    "buffer_after_minutes": Fact(_("Kept free after a booking"), _kept_free),
    "noise_allowed": Fact(_("May it be loud"), words.feature_value),
    "food_allowed": Fact(_("May people eat"), words.feature_value),
    "latest_end_minute": Fact(_("Must be empty by"), minute_of_day),
    "fire_max_people": Fact(_("Fire-safety maximum, people")),
    "emergency_number": Fact(_("Emergency number")),
    "keys": Fact(_("Keys"), _text),
    "alarm": Fact(_("Alarm"), _text),
    "contact_name": Fact(_("Contact person")),
    "contact_email": Fact(_("E-mail address")),
    "contact_phone": Fact(_("Telephone")),
    "arrival": Fact(_("Getting there"), _text),
    "floor_plan_text": Fact(_("Floor plan in words"), _text),
}
_TEXTS = frozenset(name for name, fact in FACTS.items() if fact.said is _text)


def said(name: str, value: Any) -> str | None:
    """A room's fact in words, its value as JSON; None where nothing is said."""
    if value is None or value in ("", [], {}):
        return None
    return FACTS[name].said(value)


def said_of_feature(value: Mapping[str, Any] | None) -> str:
    """What is known of one feature, its value as the audit keeps it: "yes, 85 cm, checked 1.3.2027, facility services"."""
    if value is None:
        return words.feature_value("unknown")
    parts = [words.feature_value(value["value"])]
    if value.get("measure_cm") is not None:
        parts.append(f"{value['measure_cm']} cm")
    if value.get("count") is not None:
        parts.append(str(_("%(count)s in number", count=value["count"])))
    if value.get("side"):
        parts.append(words.side(value["side"]))
    if value.get("note"):
        parts.append(_text(value["note"]))
    if value.get("checked_on"):
        day = short_day(date.fromisoformat(value["checked_on"]))
        parts.append(str(_("checked %(day)s", day=day)))
    if value.get("checked_by"):
        parts.append(value["checked_by"])
    return ", ".join(parts)


def changes(entry: AuditEntry, space_names: Mapping[int, str]) -> list[Change]:
    """What an entry of a room's history changed, fact by fact, in the order of the pages."""
    kind = entry.action
    if kind in ("add_room", "edit_room"):
        return [change for name in FACTS for change in _of_fact(name, entry)]
    if kind == "set_features":
        return [
            Change(
                words.feature(code),
                said_of_feature(entry.before.get(code)),
                said_of_feature(entry.after.get(code)),
            )
            for code in words.FEATURES
            if code in entry.after
        ]
    if kind in ("set_room_spaces", "divide_space", "join_spaces"):
        return [_of_spaces(entry, space_names)]
    if kind == "block_room":
        start, end = (datetime.fromisoformat(entry.after[key]) for key in ("starts_at", "ends_at"))
        return [Change(str(_("When")), None, period_in_words(Period(start, end)))]
    return []


def _of_fact(name: str, entry: AuditEntry) -> Iterator[Change]:
    if name not in entry.before and name not in entry.after:
        return
    label, before, after = str(FACTS[name].label), entry.before.get(name), entry.after.get(name)
    if name not in entry.before and after == "changed":
        # Of contacts the audit keeps only that they changed.
        yield Change(label, None, None)
    elif name in _TEXTS:
        for lang, spoken in LANGUAGES.items():
            had, has = (before or {}).get(lang), (after or {}).get(lang)
            if had != has:
                yield Change(f"{label} {spoken}", _shortened(had), _shortened(has))
    else:
        yield Change(label, _shortened(said(name, before)), _shortened(said(name, after)))


def _of_spaces(entry: AuditEntry, names: Mapping[int, str]) -> Change:
    before, after = (_spaces(kept, names) for kept in (entry.before, entry.after))
    return Change(str(_("Spaces")), before, after)


def _spaces(kept: Mapping[str, Any], names: Mapping[int, str]) -> str:
    # Dividing and joining keep the names of that day; what a room is made of is kept by id.
    return ", ".join(kept.get("names") or [names.get(one, "–") for one in kept.get("spaces", ())])


def _shortened(text: str | None) -> str:
    if text is None:
        return str(NOTHING)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
