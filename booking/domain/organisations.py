"""Numbers by which organisations are known, and what an organisation must say of itself. Pure; knows no row.

Source of the check digit: the Business Information System's description of the Y-tunnus (weights 7 9 10 5 8 4 2, sum mod 11). The
register number of associations has no check digit. Neither is required: many associations have none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from booking.domain.room_values import LONGEST_NAME, is_email
from booking.errors import InvalidInput, Refusal

Kind = Literal["association", "unregistered", "county", "municipality", "other"]
KINDS: tuple[Kind, ...] = ("association", "unregistered", "county", "municipality", "other")
# Those that somebody may name themselves; the others are added by staff.
ASKABLE_KINDS: tuple[Kind, ...] = ("association", "unregistered")

# Fields of associations as the county's own document groups them.
FIELDS = (
    "social_health",
    "culture",
    "village",
    "youth",
    "leisure",
    "sports",
    "religion",
    "defence_international",
)
AgreementKind = Literal["partnership", "intent", "cooperation"]
AGREEMENT_KINDS: tuple[AgreementKind, ...] = ("partnership", "intent", "cooperation")

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)
_Y_TUNNUS = re.compile(r"(?:FI)?([0-9]{6,7})-?([0-9])", re.IGNORECASE)
_REGISTER_NUMBER = re.compile(r"([0-9]{1,3})\.?([0-9]{3})|([0-9]{1,3})")
_LONGEST = 40  # signs typed
# Capital letters that names here are written with; the database folds the same ones (`booking.queries.organisations`).
CAPITALS = "ÅÄÖÆØÉÈÜŠŽČ"
_FOLDED = str.maketrans(CAPITALS, CAPITALS.lower())
_FORMS = (
    *(
        f"r{dot}{blank}{letter}{end}"
        for letter in "yf"
        for dot in ("", ".")
        for blank in ("", " ")
        for end in ("", ".")
    ),
    "yhdistys",
    "förening",
)
_BETWEEN = (" ", ",", ", ", " , ")
_LEGAL_FORM = re.compile(r"[\s,]+(?:r\.?\s?y\.?|r\.?\s?f\.?|yhdistys|förening)$")


def y_tunnus(typed: str) -> str:
    """The business ID as it is kept ("0927140-5"), from any usual spelling: blanks, a long dash, "FI", a six-digit old number.

    Raises InvalidInput(`bad_y_tunnus`) for another form or a wrong check digit.
    """
    match = _Y_TUNNUS.fullmatch(_plain(typed))
    if match is None:
        raise InvalidInput("bad_y_tunnus", field="y_tunnus")
    digits, check = match[1].zfill(7), int(match[2])
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 11
    # A rest of 1 belongs to no number: such ones are never given.
    if rest == 1 or check != (0 if rest == 0 else 11 - rest):
        raise InvalidInput("bad_y_tunnus", field="y_tunnus")
    return f"{digits}-{check}"


def register_number(typed: str) -> str:
    """The number in the register of associations as it is kept ("123.123", "45"), with or without the dot.

    Raises InvalidInput(`bad_register_number`).
    """
    match = _REGISTER_NUMBER.fullmatch(_plain(typed))
    digits = "".join(part or "" for part in match.groups()) if match else ""
    digits = digits.lstrip("0")
    if not digits:
        raise InvalidInput("bad_register_number", field="register_number")
    return f"{digits[:-3]}.{digits[-3:]}" if len(digits) > 3 else digits


def _plain(typed: str) -> str:
    """Without blanks, with plain digits and dashes; longer than any number stays what it is, and is refused."""
    if len(typed) > _LONGEST:
        return typed
    # Dashes of word processors, and the full-width digits of a phone's keyboard.
    narrow = unicodedata.normalize("NFKC", typed)
    return "".join("-" if sign in "‐‑‒–—−" else sign for sign in narrow if not sign.isspace())


def folded_name(name: str) -> str:
    """A name as names are looked for: small letters, single blanks."""
    plain = unicodedata.normalize("NFC", name).translate(_FOLDED)
    # Only these: the database's own `lower` knows no others for certain, and both must agree.
    small = "".join(sign.lower() if sign.isascii() else sign for sign in plain)
    return " ".join(small.split())


def bare_name(name: str) -> str:
    """A name without its legal form: "Virta ry", "VIRTA r.y." and "Virta" are likely one association."""
    return _LEGAL_FORM.sub("", folded_name(name)).strip() or folded_name(name)


def spellings(name: str) -> frozenset[str]:
    """The folded names that likely mean the same association: the bare one, alone and with each usual legal form."""
    bare = bare_name(name)
    return frozenset({bare, *(bare + between + form for between in _BETWEEN for form in _FORMS)})


def digits_of_number(typed: str) -> str:
    """The digits of what may be a business ID or a register number, or the beginning of one; "" for anything else."""
    plain = _plain(typed).upper().removeprefix("FI").replace("-", "").replace(".", "")
    return plain if plain.isascii() and plain.isdigit() else ""


def organisation_faults(values: Mapping[str, Any]) -> list[Refusal]:
    """What is wrong with an organisation's values, by column name; numbers are checked where they are read."""
    found = []
    name = (values["name"] or "").strip()
    if not name:
        found.append(Refusal("organisation_name_required", "name"))
    elif len(name) > LONGEST_NAME:
        found.append(Refusal("too_long_text", "name", {"limit": LONGEST_NAME}))
    if values["kind"] not in KINDS:
        found.append(_one_of(KINDS, "kind"))
    if values["field"] is not None and values["field"] not in FIELDS:
        found.append(_one_of(FIELDS, "field"))
    if values["contact_email"] is not None and not is_email(values["contact_email"]):
        found.append(Refusal("bad_email", "contact_email"))
    responsible = (values["responsible_name"] or "").strip()
    if values["kind"] == "unregistered" and not responsible:
        # Yhdistyslaki 58 §: for an unregistered association those who act answer themselves.
        found.append(Refusal("responsible_required", "responsible_name"))
    elif len(responsible) > 120:
        found.append(Refusal("too_long_text", "responsible_name", {"limit": 120}))
    return found


def _one_of(choices: Iterable[str], field: str) -> Refusal:
    return Refusal("bad_choice", field, {"choices": ", ".join(choices)})
