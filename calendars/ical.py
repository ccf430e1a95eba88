"""Items as iCalendar text. Knows RFC 5545 and what its readers trip over; no feeds, no servers.

Each VEVENT is rendered once per revision (icalendar takes 0.2 ms for it) and kept; a calendar of
them is a join of bytes, with our one VTIMEZONE: icalendar's generated one is wrong (it puts the
spring change an hour late), and Outlook reads zones only in this form, two RRULEs with BYDAY.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import icalendar
from icalendar.prop import vDatetime, vDuration, vText, vUri

from calendars.items import Item, clean_text
from calendars.period import Period

HELSINKI = ZoneInfo("Europe/Helsinki")
PRODID = "-//Yhteistila//Yhteistila//FI"

# The EU's rule as Finland has kept it since 1997, checked in the tests against IANA's data.
# Onsets stand in the wall time that is left behind (RFC 5545 §3.6.5).
VTIMEZONE_HELSINKI = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Helsinki",
        "BEGIN:DAYLIGHT",
        "DTSTART:19970330T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZNAME:EEST",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0300",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19971026T040000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZNAME:EET",
        "TZOFFSETFROM:+0300",
        "TZOFFSETTO:+0200",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)


_END = b"END:VCALENDAR\r\n"


class _Text(vText):
    """TEXT of RFC 5545 §3.3.11. icalendar's own takes a typed backslash and N for a line end."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return escaped.replace("\n", "\\n").encode()


def vevent_text(item: Item) -> str:
    """One VEVENT: lines of ≤ 75 octets that end in CRLF; times in TZID=Europe/Helsinki.

    The same item gives the same text: DTSTAMP is the row's change, not the request's time.
    """
    event = icalendar.Event()
    event.add("uid", _Text(item.uid))
    event.add("dtstamp", _utc(item.last_modified))
    if item.created:
        event.add("created", _utc(item.created))
    event.add("last-modified", _utc(item.last_modified))
    event.add("sequence", item.sequence)
    start, end = _shown_times(item.period)
    event.add("dtstart", vDatetime(start))
    event.add("dtend", vDatetime(end))
    event.add("summary", _Text(item.summary))
    if item.description:
        event.add("description", _Text(item.description))
    if item.location:
        event.add("location", _Text(item.location))
    if item.url:
        event.add("url", vUri(item.url))
    if item.categories:
        event.add("categories", [_Text(category) for category in item.categories])
    event.add("status", _Text(item.status))
    event.add("transp", _Text("TRANSPARENT" if item.is_transparent else "OPAQUE"))
    event.add("x-microsoft-cdo-busystatus", _Text(item.busystatus))
    rendered: bytes = event.to_ical(sorted=False)
    return rendered.decode()


def calendar_text(name: str, vevents: Iterable[str], refresh_minutes: int = 60) -> bytes:
    """A whole calendar of `vevents` (of `vevent_text`, in their order), for subscribers.

    `refresh_minutes` asks readers how often to come again; most keep to their own habit.
    """
    # Encoded one by one: a single emoji would make a joined str of 10 000 events four bytes wide.
    return b"".join((_head(name, refresh_minutes), *map(str.encode, vevents), _END))


def message_text(*vevents: str) -> str:
    """VEVENTs as a file that goes with a mail (RFC 5546 METHOD:PUBLISH): whoever opens it takes the entry over.

    Opened again after a change it replaces the entry, by its UID and SEQUENCE; nothing is asked for, nobody is invited.
    """
    return _file("".join(vevents), "PUBLISH")


def file_text(vevent: str) -> str:
    """One VEVENT as a file to save: the same entry without a METHOD, which Outlook would take for a message from somebody."""
    return _file(vevent, None)


def _file(vevents: str, method: str | None) -> str:
    calendar = icalendar.Calendar()
    calendar.add("version", _Text("2.0"))
    calendar.add("prodid", _Text(PRODID))
    calendar.add("calscale", _Text("GREGORIAN"))
    if method is not None:
        calendar.add("method", _Text(method))
    rendered: bytes = calendar.to_ical(sorted=False)
    head = rendered.removesuffix(_END) + VTIMEZONE_HELSINKI.encode()
    return (head + vevents.encode() + _END).decode()


@lru_cache(maxsize=1024)
def _head(name: str, refresh_minutes: int) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("version", _Text("2.0"))
    calendar.add("prodid", _Text(PRODID))
    calendar.add("calscale", _Text("GREGORIAN"))
    # Older Outlooks want it; with it no ATTENDEE may stand in the file, and none does.
    calendar.add("method", _Text("PUBLISH"))
    # RFC 7986 §5.1 and §5.7 for those who know them, the X- forms for Apple, Google and Microsoft.
    calendar.add("name", _Text(clean_text(name)))
    calendar.add("x-wr-calname", _Text(clean_text(name)))
    refresh = timedelta(minutes=refresh_minutes)
    calendar.add("refresh-interval", vDuration(refresh), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(refresh))
    rendered: bytes = calendar.to_ical(sorted=False)
    return rendered.removesuffix(_END) + VTIMEZONE_HELSINKI.encode()


def _utc(moment: datetime) -> vDatetime:
    return vDatetime(moment.astimezone(UTC))


def _shown_times(period: Period) -> tuple[datetime, datetime]:
    # A TZID can't name the second showing of the doubled hour (RFC 5545 §3.3.5: the first one
    # counts), so an entry that starts or ends in it is written in UTC, both ends alike.
    start, end = period.start.astimezone(HELSINKI), period.end.astimezone(HELSINKI)
    if start.fold or end.fold:
        return period.start, period.end
    return start, end
