"""What may be said of a room: which values staff can edit, and what is wrong with them. Pure; knows no row and no form.

Values are those of `booking.models.Room` by column name. Each fault names its field with a stable code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from booking.domain.rooms import ACTIVITIES, EQUIPMENT, LAYOUTS, MINUTES_OF_DAY
from booking.domain.texts import LocalText
from booking.errors import Refusal

THREE_VALUES = ("yes", "no", "unknown")
# Minutes that divide an hour: a step must bring one back to the full hour, where people look at the clock.
STEPS = (5, 10, 15, 20, 30, 60)
LONGEST_BOOKING = 31 * MINUTES_OF_DAY
LONGEST_TEXT = 4_000
LONGEST_NAME = 200
LONGEST_REASON = 300
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# A host without user or brackets, maybe a port; then path, query, fragment.
_WEB_ADDRESS = re.compile(
    r"https?://(?:[\w-]+\.)+[\w-]{2,}(?::(?P<port>[0-9]{1,5}))?(?:[/?#][^\s\"'<>\\^`{|}]*)?"
)
_PHONE = re.compile(r"[0-9+() .,/-]{3,40}")

TEXTS = ("description", "keys", "alarm", "arrival", "floor_plan_text")
LINES = {
    "owner": 200,
    "contact_name": 120,
    "external_id": 60,
}
COUNTS: Mapping[str, tuple[int, int]] = {
    "capacity": (1, 100_000),
    "min_minutes": (5, LONGEST_BOOKING),
    "max_minutes": (5, LONGEST_BOOKING),
    "notice_minutes": (0, 366 * MINUTES_OF_DAY),
    "horizon_days": (1, 1100),
    "buffer_before_minutes": (0, MINUTES_OF_DAY),
    "buffer_after_minutes": (0, MINUTES_OF_DAY),
}
EDITABLE = frozenset(
    {
        "name",
        "published",
        "activities",
        "activity_reasons",
        "step_minutes",
        "available_until",
        "elsewhere_url",
        "outside_use",
        "layouts",
        "equipment",
        "noise_allowed",
        "food_allowed",
        "latest_end_minute",
        "fire_max_people",
        "emergency_number",
        "contact_email",
        "contact_phone",
        *TEXTS,
        *LINES,
        *COUNTS,
    }
)


def faults(values: Mapping[str, Any]) -> list[Refusal]:
    """Everything that is wrong with a room's values; `values` holds all of EDITABLE."""
    return [
        *_name(values),
        *_numbers(values),
        *_choices(values),
        *_capacity(values),
        *_texts(values),
        *_addresses(values),
        *_lending(values),
    ]


def _name(values: Mapping[str, Any]) -> Iterator[Refusal]:
    name = values["name"]
    if not isinstance(name, LocalText) or not name.fi.strip():
        yield Refusal("name_required", "name")
    elif any(len(text or "") > LONGEST_NAME for text in (name.fi, name.sv, name.en)):
        yield Refusal("too_long_text", "name", {"limit": LONGEST_NAME})


def _numbers(values: Mapping[str, Any]) -> Iterator[Refusal]:
    for name, (lowest, highest) in COUNTS.items():
        if not _is_number(values[name], lowest, highest):
            yield Refusal("number_out_of_range", name, {"lowest": lowest, "highest": highest})
    step, shortest, longest = (
        values[name] for name in ("step_minutes", "min_minutes", "max_minutes")
    )
    if step not in STEPS:
        yield Refusal("bad_step", "step_minutes", {"steps": STEPS})
        return
    for name, minutes in (("min_minutes", shortest), ("max_minutes", longest)):
        if isinstance(minutes, int) and minutes % step:
            yield Refusal("not_whole_steps", name, {"step_minutes": step})
    if isinstance(shortest, int) and isinstance(longest, int) and longest < shortest:
        yield Refusal("longest_below_shortest", "max_minutes")


def _choices(values: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in ("outside_use", "noise_allowed", "food_allowed"):
        if values[name] not in THREE_VALUES:
            yield Refusal("bad_choice", name)
    for name, known in (("activities", ACTIVITIES), ("equipment", EQUIPMENT)):
        if not set(values[name]) <= set(known):
            yield Refusal("bad_choice", name)
    if not set(values["activity_reasons"]) <= set(ACTIVITIES):
        yield Refusal("bad_choice", "activity_reasons")
    latest = values["latest_end_minute"]
    if latest is not None and not _is_number(latest, 1, MINUTES_OF_DAY):
        yield Refusal("bad_time", "latest_end_minute")


def _capacity(values: Mapping[str, Any]) -> Iterator[Refusal]:
    capacity, fire = values["capacity"], values["fire_max_people"]
    if fire is not None and not _is_number(fire, 1, 100_000):
        yield Refusal("number_out_of_range", "fire_max_people", {"lowest": 1, "highest": 100_000})
    elif fire is not None and isinstance(capacity, int) and capacity > fire:
        yield Refusal("more_than_fire_safety_allows", "capacity", {"limit": fire})
    for layout, people in values["layouts"].items():
        if layout not in LAYOUTS:
            yield Refusal("bad_choice", "layouts")
        elif not _is_number(people, 1, capacity if isinstance(capacity, int) else 1):
            yield Refusal("more_than_capacity", "layouts", {"limit": capacity})


def _texts(values: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in TEXTS:
        text = values[name]
        if text is None:
            continue
        if not text.fi.strip():
            yield Refusal("finnish_first", name)
        if any(len(one or "") > LONGEST_TEXT for one in (text.fi, text.sv, text.en)):
            yield Refusal("too_long_text", name, {"limit": LONGEST_TEXT})
    for name, longest in LINES.items():
        if values[name] is not None and len(values[name]) > longest:
            yield Refusal("too_long_text", name, {"limit": longest})
    for code, reason in values["activity_reasons"].items():
        if not set(reason) <= {"fi", "sv", "en"}:
            yield Refusal("bad_choice", "activity_reasons", {"activity": code})
        elif not str(reason.get("fi", "")).strip():
            yield Refusal("finnish_first", "activity_reasons", {"activity": code})
        elif any(len(text or "") > LONGEST_REASON for text in reason.values()):
            params = {"activity": code, "limit": LONGEST_REASON}
            yield Refusal("too_long_text", "activity_reasons", params)


def _addresses(values: Mapping[str, Any]) -> Iterator[Refusal]:
    checks: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
        ("elsewhere_url", "bad_url", is_web_address),
        ("contact_email", "bad_email", is_email),
        ("contact_phone", "bad_phone", is_phone),
        ("emergency_number", "bad_phone", is_phone),
    )
    for name, code, is_good in checks:
        if values[name] is not None and not is_good(values[name]):
            yield Refusal(code, name)


def _lending(values: Mapping[str, Any]) -> Iterator[Refusal]:
    until = values["available_until"]
    if until is not None and not isinstance(until, date):
        yield Refusal("bad_date", "available_until")
    if not values["published"]:
        return
    if values["outside_use"] == "no":
        # A room that outsiders may not use is not for this catalogue.
        yield Refusal("outside_use_forbidden", "published")
    if not values["activities"]:
        yield Refusal("activity_required", "activities")


def is_web_address(text: str) -> bool:
    """Whether a browser can follow this from a page: http or https, with a host, no user, at most 500 signs."""
    match = _WEB_ADDRESS.fullmatch(text) if len(text) <= 500 and text.isprintable() else None
    return match is not None and 0 < int(match["port"] or 443) < 2**16


def is_email(text: str) -> bool:
    """Whether this looks like an e-mail address; whether it exists, only a mail can tell."""
    return len(text) <= 254 and text.isprintable() and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether this looks like a telephone number, an emergency number included."""
    return _PHONE.fullmatch(text) is not None


def _is_number(value: Any, lowest: int, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
