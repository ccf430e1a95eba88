"""What is known of an association, in words: what an entry of its history changed. Knows codes; no form, no rows and no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from booking.i18n import current_locale, lazy_gettext, short_day
from booking.models import AuditEntry
from booking.queries.units import Names
from booking.web import words
from booking.web.room_words import NOTHING, YES_NO, Change

_LABELS = {
    "name": lazy_gettext("Name"),
    "kind": lazy_gettext("What it is"),
    "y_tunnus": lazy_gettext("Business ID"),
    "register_number": lazy_gettext("Register number"),
    "field": lazy_gettext("Field"),
    "municipality_id": lazy_gettext("Municipality"),
    "contact_email": lazy_gettext("Shared e-mail address"),
    "responsible_name": lazy_gettext("Responsible person"),
    "verified": lazy_gettext("Verified"),
    "is_active": lazy_gettext("In use"),
}
_AGREED = {
    "kind": lazy_gettext("What kind of agreement"),
    "valid_from": lazy_gettext("Valid from"),
    "valid_until": lazy_gettext("Valid until"),
    "file_number": lazy_gettext("File number"),
}


def changes(entry: AuditEntry, names: Names) -> list[Change]:
    """What an entry of an association's history changed; `names` of municipalities by column and id."""
    labels = _AGREED if entry.action == "set_agreement" else _LABELS
    return [
        change
        for name, label in labels.items()
        for change in _change(name, str(label), entry, names)
    ]


def _change(name: str, label: str, entry: AuditEntry, names: Names) -> Iterator[Change]:
    before, after = entry.before, entry.after
    if name not in before and name not in after:
        return
    if name in ("contact_email", "responsible_name"):
        # Of these the audit keeps only that they changed.
        yield Change(label, None, None)
    elif entry.action == "set_agreement":
        yield Change(label, _agreed(name, before), _agreed(name, after))
    else:
        had = _said(name, before.get(name), names) if name in before else None
        yield Change(label, had, _said(name, after.get(name), names))


def _said(name: str, value: Any, names: Names) -> str:
    if value is None:
        return str(NOTHING)
    if isinstance(value, bool):
        return str(YES_NO[value])
    if name in names:
        known = names[name].get(value)
        return known.choose(current_locale())[0] if known is not None else str(value)
    if name == "kind":
        return words.organisation_kind(value)
    return words.field(value) if name == "field" else str(value)


def _agreed(name: str, values: Mapping[str, Any]) -> str | None:
    if name not in values:
        return None
    value = values[name]
    if value is None:
        return str(NOTHING)
    if name == "kind":
        return words.agreement_kind(value)
    return str(value) if name == "file_number" else short_day(date.fromisoformat(value))
