"""What a request asks for, read strictly: its JSON body or its query, as a mapping of checked values. Knows HTTP; no noun.

A body is worked out before the transaction, but what is wrong with it is told only when its `values` are taken: who may not know
of a thing must not learn first that the body was wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import request
from marshmallow import RAISE, Schema, ValidationError
from marshmallow.exceptions import SCHEMA

from booking.errors import BookingError
from booking.web.api.fields import fault_of
from booking.web.api.problems import BadValues, Fault, NotUnderstood, WrongMediaType
from booking.web.security import refuse_cut_body


class Strict(Schema):
    """The root of all bodies and queries: an unknown field is an error, so a mistyped one is noticed."""

    error_messages = {"unknown": "unknown_field", "type": "not_an_object"}

    class Meta:
        """Marshmallow reads it."""

        unknown = RAISE


@dataclass(frozen=True)
class Asked:
    """A body, worked out; `raw` is what was sent."""

    raw: bytes
    _values: Mapping[str, Any] | BookingError

    @property
    def values(self) -> Mapping[str, Any]:
        """The checked values; raises NotUnderstood, WrongMediaType or BadValues."""
        if isinstance(self._values, BookingError):
            raise self._values
        return self._values


def body(schema: type[Strict]) -> Asked:
    """Read the request's body as `schema` says. A body too large ends the request (413)."""
    raw = request.get_data(cache=False)
    refuse_cut_body()
    try:
        return Asked(raw, _checked(schema, _json(raw)))
    except BookingError as error:
        return Asked(raw, error)


def query(schema: type[Strict]) -> Mapping[str, Any]:
    """Read the request's query as `schema` says; raises BadValues, also when a parameter comes twice."""
    lists = dict(request.args.lists())
    twice = {name: [Fault("repeated")] for name, values in lists.items() if len(values) > 1}
    if twice:
        raise BadValues(twice)
    return _checked(schema, {name: value for name, [value] in lists.items()})


def _checked(schema: type[Strict], values: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        checked: Mapping[str, Any] = schema().load(values)
    except ValidationError as error:
        raise BadValues(dict(_faults(error.messages_dict))) from error
    return checked


def _faults(messages: Mapping[Any, Any], within: str = "") -> Iterator[tuple[str, list[Fault]]]:
    """What is wrong by field; a field within another is named with both ("rules.step_minutes")."""
    for name, found in messages.items():
        # What is wrong with an object as a whole is said of itself.
        parts = [within, name] if within and name != SCHEMA else [within or name]
        named = ".".join(map(str, parts))
        if isinstance(found, Mapping):
            yield from _faults(found, named)
        else:
            yield named, [fault_of(message) for message in found]


def _json(raw: bytes) -> Mapping[str, Any]:
    if not raw:
        return {}  # whether something is needed is the schema's question
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise WrongMediaType
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        # ValueError: no JSON, no UTF-8, a name twice, NaN, or a number of a hundred thousand digits.
        raise NotUnderstood("malformed_json") from error
    if not isinstance(value, dict):
        raise NotUnderstood("not_an_object")
    return value


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            # Two readers of one text must not see two meanings.
            raise ValueError(f"{name!r} comes twice")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
