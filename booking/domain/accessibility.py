"""What is known of a room's accessibility, held against what somebody needs. Pure; unknown is never read as no or as yes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from booking.domain.rooms import FEATURES, FeatureValue, RoomRules

# Assumed: the county's document asks for checked facts, not how often; a year lets one walk through each summer do.
CHECK_AGAIN_AFTER = timedelta(days=365)

# Which features have more than yes and no: a length in centimetres, a number, the side from which one moves over.
MEASURED = frozenset(
    {"door_width", "threshold", "lift", "turning_space", "accessible_parking", "drop_off"}
)
COUNTED = frozenset({"accessible_parking"})
SIDED = frozenset({"accessible_toilet"})
SIDES = ("left", "right", "both")


@dataclass(frozen=True, slots=True)
class Match:
    """One need, and what is known of the room: yes (there), no (missing), unknown."""

    code: str
    value: FeatureValue


def matched(rules: RoomRules, needed: Iterable[str]) -> list[Match]:
    """Each needed feature with what is known of it, in the county's order."""
    wanted = frozenset(needed)
    return [Match(code, rules.feature(code)) for code in FEATURES if code in wanted]


def completeness(values: Mapping[str, str]) -> tuple[int, int]:
    """Of how many features something is known, and how many there are."""
    known = sum(values.get(code, "unknown") != "unknown" for code in FEATURES)
    return known, len(FEATURES)


def needs_check(checked_on: date | None, today: date) -> bool:
    """Whether a fact was never checked, or over a year ago."""
    return checked_on is None or today - checked_on > CHECK_AGAIN_AFTER
