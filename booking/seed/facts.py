"""Reads the demo's facts from the JSON files beside this module. Knows their form; no rows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from booking.domain.texts import LocalText

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FACT = re.compile(
    r"(?P<value>yes|no|unknown)(?: (?P<side>left|right|both))?(?: (?P<count>[0-9]+) places?)?"
    r"(?: (?P<cm>[0-9]+) cm)?(?:: (?P<note>.+))?"
)
_TIMES = re.compile(r"([0-9]{1,2})(?:\.([0-9]{2}))?-([0-9]{1,2})(?:\.([0-9]{2}))?")


@dataclass(frozen=True)
class Fact:
    """A fact about accessibility; names are those of `booking.models.RoomFeature`."""

    value: str
    side: str | None
    count: int | None
    measure_cm: int | None
    note: LocalText | None


def facts(name: str) -> Any:
    """What `data/NAME.json` holds."""
    file = resources.files("booking.seed").joinpath("data", f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))


def text(fi: str) -> LocalText:
    """A Finnish text with its Swedish and English, where `data/translations.json` has them."""
    return LocalText(fi, *_translations().get(fi, ()))


def fact(written: str) -> Fact:
    """A fact from "yes", "yes 90 cm: note", "yes both", "yes 2 places 1500 cm"; ValueError for another form."""
    match = _FACT.fullmatch(written)
    if match is None:
        raise ValueError(f"not a fact: {written!r}")
    count, centimetres = (int(match[name]) if match[name] else None for name in ("count", "cm"))
    note = text(match["note"]) if match["note"] else None
    return Fact(match["value"], match["side"], count, centimetres, note)


def minutes(written: str) -> tuple[int, int]:
    """Two minutes of the local day, from "17.30-20"; ValueError for another form."""
    match = _TIMES.fullmatch(written)
    if match is None:
        raise ValueError(f"not times: {written!r}")
    opens, opens_minute, closes, closes_minute = (int(part or 0) for part in match.groups())
    return opens * 60 + opens_minute, closes * 60 + closes_minute


@cache
def _translations() -> dict[str, list[str]]:
    translations: dict[str, list[str]] = facts("translations")
    return translations
