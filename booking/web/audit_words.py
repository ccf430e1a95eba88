"""What an entry of the audit changed, in words: labels instead of keys, names instead of ids, times as people say them.

Knows how values are kept as JSON; no page and no right. What the audit must never tell is not told here either, whatever an
entry holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from booking.domain.local_time import local
from booking.domain.recurrence import read_rrule
from booking.domain.texts import LocalText
from booking.errors import InvalidInput
from booking.i18n import LazyText, clock, current_locale, period_in_words, short_day
from booking.i18n import lazy_gettext as _
from booking.models import AuditEntry
from booking.queries.audit import NAMED_BY, Names
from booking.services.series_words import pattern_in_words
from booking.web import mail_words, room_words, unit_words, words
from booking.web.room_words import NOTHING, YES_NO, Change
from calendars.period import Period

_A_MONDAY = date(2027, 6, 7)
Told = tuple[AuditEntry, list[Change]]
_SHOWN = 300  # signs of a long text that a line of history shows
# Needs may be health data, contacts are somebody's own: that they changed is all that anybody learns here.
UNTOLD = frozenset(
    {
        "needs",
        "needed_features",
        "contact_name",
        "contact_email",
        "contact_phone",
        "responsible_name",
        "email",
    }
)
ROLES = {
    "owner": _("owner"),
    "booker": _("booker"),
    "admin": _("administrator"),
    "coordinator": _("coordinator"),
    "approver": _("approver"),
    "viewer": _("viewer"),
}
LABELS: Mapping[str, LazyText] = {
    "room_id": _("Room"),
    "unit_id": _("Site"),
    "organisation_id": _("Association"),
    "merged_into": _("Merged into"),
    "merged_from": _("Merged with"),
    "person_id": _("Person"),
    "stand_in_id": _("Stand-in"),
    "instead_of": _("Instead of"),
    "municipality_id": _("Municipality"),
    "division_id": _("Division"),
    "region_id": _("Region"),
    "spaces": _("Spaces"),
    "title": _("Name of the occasion"),
    "is_public": _("Name shown to everyone"),
    "activity": _("Use"),
    "people": _("People"),
    "terms_version": _("Rules of use accepted, version"),
    "starts_at": _("Starts"),
    "ends_at": _("Ends"),
    "state": _("State"),
    "escalation": _("Step of passing on"),
    "needs": _("Access needs"),
    "needed_features": _("Access needs"),
    "contact_name": _("Contact"),
    "contact_email": _("E-mail address"),
    "contact_phone": _("Telephone"),
    "responsible_name": _("Responsible person"),
    "email": _("E-mail address"),
    "condition": _("Condition"),
    "over_foreign": _("Although another calendar has the time taken"),
    "name": _("Name"),
    "kind": _("Kind"),
    "y_tunnus": _("Business ID"),
    "register_number": _("Register number"),
    "field": _("Field"),
    "verified": _("Verified"),
    "is_active": _("In use"),
    "is_checked": _("Region checked"),
    "bookings": _("Bookings"),
    "mails": _("Messages"),
    "valid_from": _("In force from"),
    "valid_until": _("In force until"),
    "file_number": _("File number"),
    "role": _("Role"),
    "hands_over": _("The inviter's own role ends"),
    "first_day": _("First day"),
    "last_day": _("Last day"),
    "scope": _("Scope"),
    "ended": _("Ended"),
    "text": _("Text"),
    "rrule": _("Rule"),
    "dates": _("Dates"),
    "skipped": _("Left out"),
    "since": _("From"),
    "cancelled_from": _("Cancelled from"),
    "added": _("Added"),
    "split_into": _("Continues in the series"),
    "split_from": _("Continues the series"),
}


# Written by staff for staff; who asked for a room is not told.
FOR_STAFF = frozenset({"over_foreign"})


def told(
    found: Sequence[AuditEntry], names: Names, but: frozenset[str] = frozenset()
) -> list[Told]:
    """Entries of any thing's history with what each changed; `names` are of `booking.queries.audit.names_in`.

    `but`: facts that the reader must not see, by key.
    """
    hidden = {str(LABELS[key]) for key in but}
    return [
        (entry, [one for one in changes(entry, names) if one.label not in hidden])
        for entry in found
    ]


def changes(entry: AuditEntry, names: Names) -> list[Change]:
    """What one entry changed, fact by fact."""
    if entry.object_kind in ("room", "block", "space"):
        spaces = {row_id: str(name) for row_id, name in names.get("space", {}).items()}
        return room_words.changes(entry, spaces)
    if entry.object_kind == "unit":
        places = {
            key: {row_id: _local(name) for row_id, name in names.get(NAMED_BY[key], {}).items()}
            for key in ("municipality_id", "division_id")
        }
        return unit_words.changes(entry, places)
    if entry.action == "set_mails":
        return [_of_mails(kind, entry) for kind in mail_words.KINDS if kind in entry.after]
    return list(_by_key(entry, names))


def _by_key(entry: AuditEntry, names: Names) -> Iterator[Change]:
    keys = entry.before.keys() | entry.after.keys()
    if "starts_at" in keys or "ends_at" in keys:
        had, has = _when(entry.before), _when(entry.after)
        if has is not None:
            yield Change(str(_("When")), had, has)
            keys -= {"starts_at", "ends_at"}
    order = {key: number for number, key in enumerate(LABELS)}
    for key in sorted(keys, key=lambda key: (order.get(key, len(order)), key)):
        # A key that has no label yet is shown as it is: better than a change that nobody sees.
        label = str(LABELS.get(key, key))
        if key in UNTOLD:
            yield Change(label, None, None)
            continue
        was, now = (
            _said(key, said.get(key), names) or str(NOTHING) for said in (entry.before, entry.after)
        )
        yield Change(label, was if entry.before else None, now)


def _when(said: Mapping[str, Any]) -> str | None:
    """The time of a booking, where both ends are told; of a move the end that stayed is not."""
    if "starts_at" not in said or "ends_at" not in said:
        return None
    start, end = (datetime.fromisoformat(said[key]) for key in ("starts_at", "ends_at"))
    return period_in_words(Period(start, end))


def _said(key: str, value: Any, names: Names) -> str | None:
    if value is None or value == "" or value == []:
        return None
    if isinstance(value, bool):
        return str(YES_NO[value])
    if key in NAMED_BY:
        known = names.get(NAMED_BY[key], {})
        ids = value if isinstance(value, list) else [value]
        return ", ".join(_shown(known.get(one, str(one))) for one in ids)
    if key in _SAYERS:
        return _SAYERS[key](value)
    if isinstance(value, dict):
        return _shortened(_text(value))
    return _shortened(str(value))


def _moment(value: str) -> str:
    at = datetime.fromisoformat(value)
    return f"{short_day(local(at).date())} {clock(at)}"


def _day(value: str) -> str:
    return short_day(date.fromisoformat(value))


def _rule(value: str) -> str:
    """A rule in words; its first day is only where a rule needs one that it doesn't have itself."""
    try:
        return pattern_in_words(read_rrule(value, _A_MONDAY).pattern)
    except InvalidInput:
        return value


def _word(*tables: Mapping[str, LazyText]) -> Callable[[str], str]:
    def word(code: str) -> str:
        return next((str(table[code]) for table in tables if code in table), code)

    return word


_SAYERS: Mapping[str, Callable[[Any], str]] = {
    "state": _word(words.STATES),
    "activity": _word(words.ACTIVITIES),
    "kind": _word(words.ORGANISATION_KINDS, words.AGREEMENT_KINDS),
    "field": _word(words.FIELDS),
    "role": _word(ROLES),
    "starts_at": _moment,
    "ends_at": _moment,
    "valid_from": _day,
    "valid_until": _day,
    "first_day": _day,
    "last_day": _day,
    "rrule": _rule,
    "dates": lambda days: _shortened(", ".join(_day(day) for day in days)),
    "skipped": lambda days: _shortened(", ".join(_day(day) for day in days)),
    "since": _day,
    "cancelled_from": _day,
    "added": _day,
    "split_into": str,
    "split_from": str,
}


def _of_mails(kind: str, entry: AuditEntry) -> Change:
    had, has = (str(mail_words.WAYS[said[kind]]) for said in (entry.before, entry.after))
    return Change(mail_words.kind(kind), had, has)


def _shown(name: LocalText | str) -> str:
    return name if isinstance(name, str) else name.choose(current_locale())[0]


def _local(name: LocalText | str) -> LocalText:
    return LocalText(name) if isinstance(name, str) else name


def _text(value: Mapping[str, Any]) -> str:
    known = {lang: value.get(lang) for lang in ("sv", "en")}
    return LocalText(str(value.get("fi", "")), **known).choose(current_locale())[0]


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
