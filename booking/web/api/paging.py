"""Pages of lists: `{"items": […], "next": url or null}`. Knows limits, cursors and addresses; no row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from booking.web.api.problems import BadValues, Fault

T = TypeVar("T")
DEFAULT_LIMIT = 100
LARGEST_LIMIT = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def first_page(found: Iterable[T], limit: int) -> tuple[list[T], bool]:
    """The first `limit` of what is found, and whether there are more; no more than one further is looked at."""
    taken = list(islice(found, limit + 1))
    return taken[:limit], len(taken) > limit


def page(items: Sequence[Any], next_cursor: str | None) -> dict[str, Any]:
    """The body of a list; `next_cursor` is where the next page begins."""
    if next_cursor is None:
        return {"items": items, "next": None}
    parameters = [(name, value) for name, value in request.args.items() if name != "cursor"]
    return {
        "items": items,
        "next": f"{request.base_url}?{urlencode([*parameters, ('cursor', next_cursor)])}",
    }


def row_cursor(row_id: int) -> str:
    """A cursor behind one row of a list that has its own order."""
    return f"r{row_id}"


def row_of(cursor: str | None) -> int | None:
    """The id that `row_cursor` wrote; raises BadValues for what it can't have written."""
    if cursor is None:
        return None
    match = re.fullmatch("r([0-9]{1,10})", cursor)
    if match is None:
        raise BadValues({"cursor": [Fault("bad_cursor")]})
    return int(match[1])


def time_cursor(starts_at: datetime, row_id: int) -> str:
    """A cursor behind one row of a list by start and id."""
    return f"t{(starts_at - _EPOCH) // _MICROSECOND}.{row_id}"


def time_of(cursor: str | None) -> tuple[datetime, int] | None:
    """The start and id that `time_cursor` wrote; raises BadValues for what it can't have written."""
    if cursor is None:
        return None
    match = re.fullmatch(r"t(-?[0-9]{1,16})\.([0-9]{1,10})", cursor)
    if match is None:
        raise BadValues({"cursor": [Fault("bad_cursor")]})
    return _EPOCH + int(match[1]) * _MICROSECOND, int(match[2])


def behind(found: Sequence[T], ids: Sequence[int], last: int | None) -> Sequence[T]:
    """What stands behind the row `last` in a list whose rows have these ids, or all of it without one. Raises BadValues."""
    if last is None:
        return found
    require_row(last, ids)
    return found[ids.index(last) + 1 :]


def require_row(last: int, ids: Sequence[int]) -> None:
    """Raise BadValues when the row of a cursor is gone: a list that silently ended, or began anew, would be a lie."""
    if last not in ids:
        raise BadValues({"cursor": [Fault("bad_cursor")]})
