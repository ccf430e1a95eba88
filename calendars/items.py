"""What a calendar shows of one thing. Knows what RFC 5545 can hold; no rooms, rows or servers.

An Item holds only what survives the way into a calendar and back: its texts are cleaned and its
instants cut to seconds when it is made, so that two items are equal when their entries are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from urllib.parse import quote

from calendars.period import Period

Status = Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]
BusyStatus = Literal["TENTATIVE", "BUSY", "FREE"]

# Every way Unicode has to end a line becomes the one way a calendar knows: a reader that splits
# lines at U+0085 or U+2028 (Python's `splitlines` does) must find no line of the writer's making.
_LINE_ENDS = re.compile("\r\n|[\x85\u2028\u2029]")
# RFC 5545 §3.1 allows no CONTROL but tab in a value; a tab goes too, clients show it in odd ways.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# RFC 3986 §2.2 and the per cent sign. Without the backslash: some readers unescape URLs as if they were texts.
_URL_MARKS = ":/?#[]@!$&'()*+,;=%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of a calendar: single, timed, ours.

    `uid` stays for ever; `sequence` rises with each change that others see; `last_modified` and
    `created` (aware) are the row's, never those of the request. Sub-seconds are cut, outwards for
    the period. Empty texts are None (the summary is ""). ValueError for a uid with blanks or
    unprintable characters, an unknown status, a negative sequence or a naive time.
    """

    uid: str
    sequence: int
    status: Status
    period: Period
    summary: str
    description: str | None = None
    location: str | None = None
    url: str | None = None
    categories: tuple[str, ...] = ()
    last_modified: datetime
    created: datetime | None = None

    def __post_init__(self) -> None:
        if not self.uid.isprintable() or self.uid.split() != [self.uid]:
            raise ValueError(f"not a uid: {self.uid!r}")
        if self.status not in get_args(Status) or self.sequence < 0:
            raise ValueError(f"no such status or sequence: {self.status!r}, {self.sequence}")
        cleaned = {
            "period": _whole_seconds(self.period),
            "summary": clean_text(self.summary),
            "last_modified": _whole_second(self.last_modified),
            "description": clean_text(self.description or "") or None,
            "location": clean_text(self.location or "") or None,
            "url": clean_url(self.url or "") or None,
            "categories": tuple(text for raw in self.categories if (text := clean_text(raw))),
            "created": self.created and _whole_second(self.created),
        }
        for name, value in cleaned.items():
            object.__setattr__(self, name, value)

    @property
    def busystatus(self) -> BusyStatus:
        """How the time looks in the reader's own calendar, in Microsoft's words."""
        if self.status == "CANCELLED":
            return "FREE"
        return "TENTATIVE" if self.status == "TENTATIVE" else "BUSY"

    @property
    def is_transparent(self) -> bool:
        """Whether the entry leaves the reader's time free (RFC 5545 §3.8.2.7, TRANSP)."""
        return self.busystatus == "FREE"


def clean_text(text: str) -> str:
    """`text` as a calendar can hold it: lines end in \\n, no controls, lone surrogates as U+FFFD.

    Tabs become spaces; other C0 and C1 controls go, a lone carriage return too.
    """
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", lines))


def clean_url(url: str) -> str:
    """`url` with what RFC 3986 does not allow percent-encoded; what is encoded already stays."""
    return quote(url, safe=_URL_MARKS, errors="replace")


def _whole_second(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"an item needs aware times, not {moment!r}")
    return moment.replace(microsecond=0)


def _whole_seconds(period: Period) -> Period:
    # Outwards: a shown entry may hold a second too much, never promise one that is taken.
    end = period.end.replace(microsecond=0)
    if end < period.end:
        end += timedelta(seconds=1)
    return Period(period.start.replace(microsecond=0), end)
