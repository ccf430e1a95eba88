"""Items as iCalendar text: whole files, folding, hostile text, the one VTIMEZONE."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.ical import VTIMEZONE_HELSINKI, calendar_text, vevent_text
from calendars.items import Item, Status
from calendars.period import Period

EXPECTED = Path(__file__).parent / "expected"
HELSINKI = ZoneInfo("Europe/Helsinki")

MEETING = Item(
    uid="9b2f6f0e-52d5-4d1c-9a7e-3f1d2c4b5a60@d3b0a8f2-0000-4000-8000-000000000001",
    sequence=2,
    status="CONFIRMED",
    period=Period(
        datetime(2027, 6, 7, 14, 30, tzinfo=UTC), datetime(2027, 6, 7, 16, 0, tzinfo=UTC)
    ),
    summary="Järjestöilta: kahvia, keskustelua; tervetuloa! 🎉",
    description="Tilassa on induktiosilmukka.\nSisäänkäynti pihan puolelta, portaaton kulku.",
    location="Sali A, Siltakatu 12, Joensuu",
    url="https://tilat.example/rooms/7",
    categories=("Tapahtuma", "Tila, esteetön"),
    last_modified=datetime(2027, 5, 1, 9, 15, 30, tzinfo=UTC),
    created=datetime(2027, 4, 20, 6, 0, tzinfo=UTC),
)
REQUEST = Item(
    uid="one@installation",
    sequence=0,
    status="TENTATIVE",
    period=Period(datetime(2027, 3, 28, 0, 0, tzinfo=UTC), datetime(2027, 3, 28, 2, 0, tzinfo=UTC)),
    summary="Varattu",
    last_modified=datetime(2027, 3, 1, tzinfo=UTC),
)
CANCELLED = Item(
    uid="two@installation",
    sequence=5,
    status="CANCELLED",
    period=Period(datetime(2027, 12, 1, 8, 0, tzinfo=UTC), datetime(2027, 12, 1, 9, 0, tzinfo=UTC)),
    summary="Varattu",
    last_modified=datetime(2027, 11, 1, tzinfo=UTC),
)


def read_item(text: str) -> Item:
    """The item as icalendar understands a rendered VEVENT."""
    event: Any = icalendar.Event.from_ical(text)
    return Item(
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        status=event["STATUS"].ical_value,
        period=Period(event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC)),
        summary=str(event["SUMMARY"]),
        description=str(event["DESCRIPTION"]) if "DESCRIPTION" in event else None,
        location=str(event["LOCATION"]) if "LOCATION" in event else None,
        url=str(event["URL"]) if "URL" in event else None,
        categories=tuple(map(str, event["CATEGORIES"].cats)) if "CATEGORIES" in event else (),
        last_modified=event["LAST-MODIFIED"].dt,
        created=event["CREATED"].dt if "CREATED" in event else None,
    )


def content_lines(rendered: bytes) -> list[str]:
    """Unfolded lines by the letter of RFC 5545 §3.1, each physical line checked on the way."""
    assert rendered.endswith(b"\r\n")
    physical = rendered.split(b"\r\n")[:-1]
    assert all(0 < len(line) <= 75 and b"\r" not in line and b"\n" not in line for line in physical)
    texts = [line.decode("utf-8", "strict") for line in physical]  # each alone: no cut character
    # A reader that splits at every line end Unicode has must see the same lines.
    assert rendered.decode().splitlines() == texts
    return re.sub("\r\n[ \t]", "", "\r\n".join(texts)).split("\r\n")


def test_calendar_is_the_expected_file() -> None:
    rendered = calendar_text("Sali A, Siltakatu", map(vevent_text, (MEETING, REQUEST, CANCELLED)))
    assert rendered == (EXPECTED / "three_events.ics").read_bytes()
    assert content_lines(rendered)


def test_calendar_without_events_is_the_expected_file() -> None:
    assert calendar_text("Tyhjä", [], 90) == (EXPECTED / "no_events.ics").read_bytes()


def test_calendar_name_adds_no_line_when_it_holds_line_ends() -> None:
    hostile = "Sali\r\nEND:VCALENDAR\r\nX-EVIL:1\u2028X:2\x00\ud800"
    lines = content_lines(calendar_text(hostile, []))
    assert lines == [
        *content_lines(calendar_text("x", []))[:5],
        "NAME:Sali\\nEND:VCALENDAR\\nX-EVIL:1\\nX:2\ufffd",
        "X-WR-CALNAME:Sali\\nEND:VCALENDAR\\nX-EVIL:1\\nX:2\ufffd",
        *content_lines(calendar_text("x", []))[7:],
    ]


def test_calendar_is_the_join_of_its_events() -> None:
    texts = [vevent_text(item) for item in (MEETING, REQUEST)]
    empty = calendar_text("Sali", [])
    assert calendar_text("Sali", texts) == empty.replace(
        b"END:VCALENDAR", "".join(texts).encode() + b"END:VCALENDAR"
    )


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("TENTATIVE", ("STATUS:TENTATIVE", "TRANSP:OPAQUE", "TENTATIVE")),
        ("CONFIRMED", ("STATUS:CONFIRMED", "TRANSP:OPAQUE", "BUSY")),
        ("CANCELLED", ("STATUS:CANCELLED", "TRANSP:TRANSPARENT", "FREE")),
    ],
)
def test_status_says_how_the_time_looks(status: Status, shown: tuple[str, str, str]) -> None:
    lines = content_lines(vevent_text(replace(MEETING, status=status)).encode())
    assert (*shown[:2], f"X-MICROSOFT-CDO-BUSYSTATUS:{shown[2]}") == tuple(lines[-4:-1])


@pytest.mark.parametrize(
    ("start", "minutes", "shown"),
    [
        # The night clocks go forward: 02.30 is followed by 04.30.
        (
            datetime(2027, 3, 28, 0, 30, tzinfo=UTC),
            60,
            (
                "DTSTART;TZID=Europe/Helsinki:20270328T023000",
                "DTEND;TZID=Europe/Helsinki:20270328T043000",
            ),
        ),
        # The first showing of 03.30 is the one a TZID means …
        (
            datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
            15,
            (
                "DTSTART;TZID=Europe/Helsinki:20271031T033000",
                "DTEND;TZID=Europe/Helsinki:20271031T034500",
            ),
        ),
        # … the second can only be said in UTC, and then both ends are.
        (
            datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
            60,
            ("DTSTART:20271031T003000Z", "DTEND:20271031T013000Z"),
        ),
        (
            datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
            60,
            ("DTSTART:20271031T013000Z", "DTEND:20271031T023000Z"),
        ),
    ],
)
def test_times_are_exact_when_clocks_change(
    start: datetime, minutes: int, shown: tuple[str, str]
) -> None:
    item = replace(MEETING, period=Period(start, start + timedelta(minutes=minutes)))
    text = vevent_text(item)
    times = [line for line in content_lines(text.encode()) if line.startswith(("DTSTART", "DTEND"))]
    assert (tuple(times), read_item(text)) == (shown, item)


def test_typed_escapes_stay_what_was_typed() -> None:
    item = replace(
        MEETING, summary="C:\\New \\n \\N \\; \\\\, %3A ^n ^'", categories=("a\\,b", "\\")
    )
    assert read_item(vevent_text(item)) == item


def test_item_keeps_only_what_a_calendar_can_hold() -> None:
    item = replace(
        MEETING,
        summary="a\r\nb\rc\x85d\u2028e\u2029f\tg\x0bh\x1ci\x7f\x9b\ud83dj",
        description="\x00",
        url="https://tilat.example/ä b\\,\r\nX-EVIL:1",
        categories=("\x07", "b"),
        last_modified=datetime(2027, 5, 1, 9, 15, 30, 999_999, tzinfo=UTC),
        period=Period(
            datetime(2027, 6, 7, 14, 0, 0, 1, tzinfo=UTC),
            datetime(2027, 6, 7, 14, 0, 0, 2, tzinfo=UTC),
        ),
    )
    assert item == replace(
        MEETING,
        summary="a\nbc\nd\ne\nf ghi\ufffdj",
        description=None,
        url="https://tilat.example/%C3%A4%20b%5C,%0D%0AX-EVIL:1",
        categories=("b",),
        period=Period(
            datetime(2027, 6, 7, 14, 0, tzinfo=UTC), datetime(2027, 6, 7, 14, 0, 1, tzinfo=UTC)
        ),
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"uid": ""}, "not a uid"),
        ({"uid": "a b"}, "not a uid"),
        ({"uid": "a\r\nX-EVIL:1"}, "not a uid"),
        ({"status": "BUSY"}, "no such status"),
        ({"sequence": -1}, "no such status or sequence"),
        ({"last_modified": datetime(2027, 5, 1)}, "aware"),  # noqa: DTZ001 - naive is the point
    ],
)
def test_item_is_refused_when_no_calendar_could_show_it(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(MEETING, **wrong)


# All of Unicode, lone surrogates too, with what readers trip over drawn more often.
hostile_text = st.text(
    st.characters()
    | st.sampled_from("\r\n\t\0\x0b\x0c\x1c\x7f\x85\u2028\u2029\ud800\udfff\ufeff\\;,:\"'^nN äö🎉")
)
seconds = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2037, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))
items = st.builds(
    Item,
    uid=st.from_regex(r"[a-z0-9ä;,\\:-]{1,80}@[a-z]{1,9}", fullmatch=True),
    sequence=st.integers(0, 2**31 - 1),
    status=st.sampled_from(["TENTATIVE", "CONFIRMED", "CANCELLED"]),
    period=st.builds(
        lambda start, length: Period(start, start + timedelta(seconds=length)),
        seconds,
        st.integers(1, 10**6),
    ),
    summary=hostile_text,
    description=st.none() | hostile_text,
    location=st.none() | hostile_text,
    url=st.none() | hostile_text.map(lambda text: "https://tilat.example/" + text),
    categories=st.lists(hostile_text, max_size=3).map(tuple),
    last_modified=seconds,
    created=st.none() | seconds,
)


@given(items)
def test_item_comes_back_equal_and_adds_no_line(item: Item) -> None:
    text = vevent_text(item)
    names = [re.split("[;:]", line, maxsplit=1)[0] for line in content_lines(text.encode())]
    optional = {
        "DESCRIPTION": item.description,
        "LOCATION": item.location,
        "URL": item.url,
        "CATEGORIES": item.categories,
        "CREATED": item.created,
    }
    every = (
        "BEGIN UID DTSTAMP CREATED LAST-MODIFIED SEQUENCE DTSTART DTEND SUMMARY DESCRIPTION "
        "LOCATION URL CATEGORIES STATUS TRANSP X-MICROSOFT-CDO-BUSYSTATUS END"
    )
    assert names == [name for name in every.split() if optional.get(name, True)]
    assert read_item(text) == item


def last_sunday(year: int, month: int) -> date:
    day = date(year, month, calendar.monthrange(year, month)[1])
    return day - timedelta(days=(day.weekday() + 1) % 7)


def onsets(part: str, years: range) -> list[tuple[datetime, timedelta]]:
    """(UTC instant, offset from then on) of a STANDARD or DAYLIGHT part, read by the RFC's text."""
    section = VTIMEZONE_HELSINKI.split(f"BEGIN:{part}\r\n")[1].split(f"END:{part}")[0]
    values = dict(line.split(":", 1) for line in section.strip().split("\r\n"))
    rule = re.fullmatch(r"FREQ=YEARLY;BYMONTH=(\d+);BYDAY=-1SU", values["RRULE"])
    assert rule is not None
    before, after = (timedelta(hours=int(values[f"TZOFFSET{end}"][:3])) for end in ("FROM", "TO"))
    first = datetime.strptime(values["DTSTART"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    # A DTSTART outside its own RRULE has no meaning (RFC 5545 §3.8.5.3).
    assert first.date() == last_sunday(first.year, int(rule[1]))
    return [
        (datetime.combine(last_sunday(year, int(rule[1])), first.time(), UTC) - before, after)
        for year in years
        if year >= first.year
    ]


def test_vtimezone_equals_iana_from_2000_to_2037() -> None:
    years = range(1997, 2039)
    steps = sorted(onsets("DAYLIGHT", years) + onsets("STANDARD", years), reverse=True)
    moment, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)
    while steps[-2][0] <= moment:
        steps.pop()
    wrong = []
    while moment < end:
        if steps[-2][0] <= moment:
            steps.pop()
        if moment.astimezone(HELSINKI).utcoffset() != steps[-1][1]:
            wrong.append(moment)
        moment += timedelta(minutes=30)
    assert wrong == []


def test_vtimezone_has_two_rules_and_no_dates() -> None:
    lines = VTIMEZONE_HELSINKI.split("\r\n")
    assert [line for line in lines if line.startswith("RRULE")] == [
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    ]
    assert not [line for line in lines if line.startswith(("RDATE", "EXDATE"))]
