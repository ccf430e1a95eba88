"""Reads the demo's facts from the JSON files beside this module. Knows their form; no rows."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from booking.domain.texts import LocalText

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FACT = re.compile(r"(?P<value>yes|no|unknown)(?: (?P<cm>[0-9]+) cm)?(?:: (?P<note>.+))?")
_TIMES = re.compile(r"([0-9]{1,2})(?:\.([0-9]{2}))?-([0-9]{1,2})(?:\.([0-9]{2}))?")


def facts(name: str) -> Any:
    """What `data/NAME.json` holds."""
    file = resources.files("booking.seed").joinpath("data", f"{name}.json")
    return json.loads(file.read_text(encoding="utf-8"))


def text(fi: str) -> LocalText:
    """A Finnish text with its Swedish and English, where `data/translations.json` has them."""
    return LocalText(fi, *_translations().get(fi, ()))


def fact(written: str) -> tuple[str, int | None, LocalText | None]:
    """A fact about accessibility as (value, centimetres, note), from "yes 90 cm: note"; ValueError for another form."""
    match = _FACT.fullmatch(written)
    if match is None:
        raise ValueError(f"not a fact: {written!r}")
    centimetres, note = match["cm"], match["note"]
    return match["value"], int(centimetres) if centimetres else None, text(note) if note else None


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
