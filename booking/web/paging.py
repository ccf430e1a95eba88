"""Pages of a long list. Knows the address's `page`; nothing of what is listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import abort, request, url_for

T = TypeVar("T")
PAGE = 20
_LAST = 10_000  # further than anybody leafs; a larger offset would only be work


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list, with the addresses of the pages beside it."""

    rows: Sequence[T]
    newer: str | None
    older: str | None


def page_number() -> int:
    """The page the address asks for, the first being 1; 404 for what is no page."""
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 5 and 0 < int(asked) <= _LAST):
        abort(404)
    return int(asked)


def page_of(
    number: int,
    rows: Callable[[int, int], Sequence[T]],
    kept: Mapping[str, str] | None = None,
) -> Page[T]:
    """Page `number` of what `rows(limit, offset)` gives; one row more is read to know whether there is another page.

    `kept`: what else the addresses of the pages beside it ask for, such as the filters of the list.
    """
    found = rows(PAGE + 1, (number - 1) * PAGE)
    return Page(
        found[:PAGE],
        _href(number - 1, kept or {}) if number > 1 else None,
        _href(number + 1, kept or {}) if len(found) > PAGE else None,
    )


def _href(number: int, kept: Mapping[str, str]) -> str:
    path: dict[str, Any] = request.view_args or {}
    return url_for(str(request.endpoint), **{**kept, **path, "page": number})
