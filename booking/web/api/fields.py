"""The kinds of values the API takes, read strictly: a number is a number, an instant has an offset. Knows marshmallow; no noun.

Each refuses with a `Fault`, carried through marshmallow as a text that bears its parameters. What a field documents about itself
(limits, choices, formats) stands in its metadata, from where the OpenAPI document takes it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields

from booking.domain.local_time import YEARS
from booking.domain.rooms import MINUTES_OF_DAY
from booking.domain.texts import LocalText
from booking.web.api.problems import Fault
from booking.web.fields import many_lines, one_line

LARGEST = 2**31 - 1  # PostgreSQL's integer; nothing of ours is more
MOST_IDS = 10_000
_INSTANT = re.compile(
    r"(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile("(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile("([0-9]{2}):([0-9]{2})")
CLOCK_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
_TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WORDS: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "required",
    "null": "required",
    "invalid": "invalid",
}


class Code(str):
    """A code on its way through marshmallow, with the parameters of its text."""

    params: Mapping[str, Any]

    def __new__(cls, code: str, **params: Any) -> Code:
        """Make a text of the code alone."""
        made = super().__new__(cls, code)
        made.params = params
        return made


def fault_of(message: str) -> Fault:
    """What marshmallow collected, as a Fault."""
    return Fault(str(message), message.params if isinstance(message, Code) else {})


def refused(code: str, **params: Any) -> ValidationError:
    """The error that bears `code`."""
    return ValidationError(Code(code, **params))


class WholeNumber(fields.Integer):
    """A JSON number without a decimal point, from `lowest` to `highest`; true and "5" are none."""

    default_error_messages = _WORDS

    def __init__(self, lowest: int = 1, highest: int = LARGEST, **options: Any) -> None:
        super().__init__(strict=True, **_documented(options, minimum=lowest, maximum=highest))
        self._lowest, self._highest = lowest, highest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise refused("not_whole_number")
        if not self._lowest <= value <= self._highest:
            raise refused("out_of_range", lowest=self._lowest, highest=self._highest)
        return value


class QueryNumber(WholeNumber):
    """A whole number as it stands in an address: digits only."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        # Ten digits hold LARGEST; longer ones aren't worth reading.
        if not re.fullmatch("-?[0-9]{1,10}", str(value)):
            raise refused("not_whole_number")
        return super()._deserialize(int(value), attr, data, **kwargs)


class Truth(fields.Boolean):
    """true or false, nothing that looks like them."""

    default_error_messages = _WORDS

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise refused("not_true_or_false")
        return value


class QueryTruth(Truth):
    """true or false as it stands in an address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        return super()._deserialize({"true": True, "false": False}.get(value), attr, data, **kwargs)


class Line(fields.String):
    """One line of text in composed letters (NFC), single blanks, at most `limit` characters; blank is as good as missing."""

    default_error_messages = _WORDS

    def __init__(self, limit: int, **options: Any) -> None:
        least = {"minLength": 1} if options.get("required") else {}
        super().__init__(**_documented(options, **least, maxLength=limit))
        self._limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, str) and len(value) > 10 * self._limit:
            # Not worth walking through: blanks that will be dropped are not that many.
            raise refused("too_long_text", limit=self._limit)
        text = self._tidy(_plain(value))
        if self.required and not text:
            raise refused("required")
        if len(text) > self._limit:
            raise refused("too_long_text", limit=self._limit)
        return text

    def _tidy(self, text: str) -> str:
        return one_line(text)


class Lines(Line):
    """Text that keeps its lines; else like a Line."""

    def _tidy(self, text: str) -> str:
        return many_lines(text)


class Choice(fields.String):
    """One of a few words."""

    default_error_messages = _WORDS

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        super().__init__(**_documented(options, enum=list(choices)))
        self._choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self._choices:
            raise refused("bad_choice", choices=", ".join(self._choices))
        return value


class Choices(fields.Field[frozenset[str]]):
    """Several of a few words, separated by commas."""

    default_error_messages = _WORDS

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        items = {"type": "string", "enum": list(choices)}
        super().__init__(**_documented(options, type="array", items=items, minItems=1))
        self._choices = choices

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> frozenset[str]:
        words = frozenset(str(value).split(","))
        if not words <= frozenset(self._choices):
            raise refused("bad_choice", choices=", ".join(self._choices))
        return words


class Instant(fields.Field[datetime]):
    """A time with its offset (RFC 3339), of a year in YEARS; given as an aware datetime in UTC, whole microseconds."""

    default_error_messages = _WORDS

    def __init__(self, **options: Any) -> None:
        super().__init__(**_documented(options, type="string", format="date-time"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise refused("bad_instant")
        # Looked at first: near the years 1 and 9999 the turn to UTC would leave the calendar.
        if int(match["year"]) not in YEARS:
            raise refused("bad_year", lowest=YEARS.start, highest=YEARS.stop - 1)
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except ValueError:
            raise refused("bad_instant") from None  # no such day, hour or offset


class QueryInstant(Instant):
    """An instant as it stands in an address, where a plus sign that wasn't escaped has become a blank."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        return super()._deserialize(str(value).replace(" ", "+"), attr, data, **kwargs)


class Day(fields.Field[date]):
    """A day of a year in YEARS (RFC 3339 full-date)."""

    default_error_messages = _WORDS

    def __init__(self, **options: Any) -> None:
        super().__init__(**_documented(options, type="string", format="date"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        match = _DAY.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise refused("bad_day")
        if int(match["year"]) not in YEARS:
            raise refused("bad_year", lowest=YEARS.start, highest=YEARS.stop - 1)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise refused("bad_day") from None  # no such day


class Clock(fields.Field[int]):
    """A wall time ("17:30"; 24:00 is the midnight that ends the day), given as minutes of the local day."""

    default_error_messages = _WORDS

    def __init__(self, **options: Any) -> None:
        super().__init__(**_documented(options, type="string", pattern=CLOCK_PATTERN))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        hour, minute = (int(match[1]), int(match[2])) if match else (0, 60)
        if minute > 59 or hour * 60 + minute > MINUTES_OF_DAY:
            raise refused("bad_clock")
        return hour * 60 + minute


class Text(fields.Field[LocalText]):
    """A text in the languages it has: {"fi": …, "sv": …, "en": …}, Finnish always; on one line each, or on `many` lines."""

    default_error_messages = _WORDS

    def __init__(self, limit: int, many: bool = False, **options: Any) -> None:
        by_language = {lang: {"type": "string", "maxLength": limit} for lang in ("fi", "sv", "en")}
        super().__init__(
            **_documented(
                options,
                type="object",
                properties=by_language,
                required=["fi"],
                additionalProperties=False,
            )
        )
        self._line = Lines(limit) if many else Line(limit)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> LocalText:
        if not isinstance(value, Mapping) or not value.keys() <= {"fi", "sv", "en"}:
            raise refused("bad_text")
        texts: dict[str, str] = {
            lang: self._line.deserialize(text) or "" for lang, text in value.items()
        }
        if not texts.get("fi"):
            raise refused("finnish_first")
        return LocalText(**texts)


class Codes(fields.Field[list[str]]):
    """A JSON list of a few words; given without doubles, in the order of `choices`."""

    default_error_messages = _WORDS

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        items = {"type": "string", "enum": list(choices)}
        super().__init__(**_documented(options, type="array", items=items))
        self._choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        if not isinstance(value, list) or any(one not in self._choices for one in value):
            raise refused("bad_choices", choices=", ".join(self._choices))
        return [code for code in self._choices if code in value]


class ByCode(fields.Field[dict[str, Any]]):
    """A JSON object whose names are a few words, each with a value that `field` reads."""

    default_error_messages = _WORDS

    def __init__(self, choices: Sequence[str], field: fields.Field[Any], **options: Any) -> None:
        # The document takes a copy for each: it changes what it is given.
        properties = {code: dict(field.metadata) for code in choices}
        super().__init__(
            **_documented(options, type="object", properties=properties, additionalProperties=False)
        )
        self._choices, self._field = choices, field

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> dict[str, Any]:
        if not isinstance(value, Mapping) or any(code not in self._choices for code in value):
            raise refused("bad_names", choices=", ".join(self._choices))
        return {
            code: self._field.deserialize(value[code]) for code in self._choices if code in value
        }


class Ids(fields.Field[frozenset[int]]):
    """A JSON list of ids."""

    default_error_messages = _WORDS

    def __init__(self, **options: Any) -> None:
        items = {"type": "integer", "minimum": 1, "maximum": LARGEST}
        super().__init__(**_documented(options, type="array", items=items, maxItems=MOST_IDS))

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> frozenset[int]:
        if not isinstance(value, list) or len(value) > MOST_IDS or not all(map(_is_id, value)):
            raise refused("bad_ids", limit=MOST_IDS)
        return frozenset(value)


class QueryIds(Ids):
    """Ids as they stand in an address: separated by commas."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> frozenset[int]:
        words = str(value).split(",")
        if not all(re.fullmatch("[0-9]{1,10}", word) for word in words):
            raise refused("bad_ids", limit=MOST_IDS)
        return super()._deserialize([int(word) for word in words], attr, data, **kwargs)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= LARGEST


def _documented(options: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {**options, "metadata": {**facts, **options.get("metadata", {})}}


def _plain(value: Any) -> str:
    if not isinstance(value, str):
        raise refused("not_text")
    if any(
        sign == "\0" or sign in _TURNING or unicodedata.category(sign) == "Cs" for sign in value
    ):
        raise refused("bad_characters")
    return value
