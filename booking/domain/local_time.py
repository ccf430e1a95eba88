"""Wall time of Europe/Helsinki: what people write, and the instant it means. Knows no clock: today is a parameter.

Dates and times are read tolerantly, in the ways Finns, Swedish-speaking Finns and users of the English pages write
them, whatever the language of the page; the page echoes the date in words. Refused on purpose: `7/6/2027`, which half
of the world would mean as 6 July, and a weekday alone, where "next" means two things.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.errors import InvalidInput
from calendars.period import Period

HELSINKI = ZoneInfo("Europe/Helsinki")

# Two-digit years are of this century; a year outside is a slip of the hand, not a plan.
YEARS = range(1970, 2100)

_LONGEST = 60  # characters; "keskiviikkona 30. syyskuuta 2027" has 32
_NINE_YEARS = 9  # from one 29 February to the next, over a year like 2100

_RELATIVE_DAYS = {
    word: days
    for days, words in enumerate(
        (
            ("tänään", "idag", "i dag", "today"),
            ("huomenna", "imorgon", "i morgon", "imorron", "i morron", "tomorrow"),
            ("ylihuomenna", "i övermorgon", "övermorgon", "the day after tomorrow"),
        )
    )
    for word in words
}
# Word → 1 Monday … 7 Sunday (ISO 8601). Swedish "on" is left out: in "on 7 June" it is no Wednesday.
_WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            "ma maanantai maanantaina må mån måndag måndagen mo mon monday",
            "ti tiistai tiistaina tis tisdag tisdagen tu tue tues tuesday",
            "ke keskiviikko keskiviikkona ons onsdag onsdagen we wed wednesday",
            "to torstai torstaina tor tors torsdag torsdagen th thu thur thurs thursday",
            "pe perjantai perjantaina fr fre fredag fredagen fri friday",
            "la lauantai lauantaina lö lör lördag lördagen sa sat saturday",
            "su sunnuntai sunnuntaina sö sön söndag söndagen sun sunday",
        ),
        start=1,
    )
    for word in words.split()
}
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "tammi tammikuu tammikuuta tammikuun jan januari january",
            "helmi helmikuu helmikuuta helmikuun feb febr februari february",
            "maalis maaliskuu maaliskuuta maaliskuun mar mars march",
            "huhti huhtikuu huhtikuuta huhtikuun apr april",
            "touko toukokuu toukokuuta toukokuun maj may",
            "kesä kesäkuu kesäkuuta kesäkuun jun juni june",
            "heinä heinäkuu heinäkuuta heinäkuun jul juli july",
            "elo elokuu elokuuta elokuun aug augusti august",
            "syys syyskuu syyskuuta syyskuun sep sept september",
            "loka lokakuu lokakuuta lokakuun okt oct oktober october",
            "marras marraskuu marraskuuta marraskuun nov november",
            "joulu joulukuu joulukuuta joulukuun dec december",
        ),
        start=1,
    )
    for word in words.split()
}

_WEEKDAY_FIRST = re.compile(r"(?P<weekday>[a-zåäö]+)[.,]{0,2} ?(?P<rest>.+)")
_YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
_DATES = (
    # 7.6.2027  07.06.27  7. 6. 2027  7.6.  7.6
    re.compile(rf"(?P<day>[0-9]{{1,2}})\. ?(?P<month>[0-9]{{1,2}})(?:\. ?{_YEAR}?)?"),
    # 2027-06-07
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    # 7. kesäkuuta 2027  den 7 juni  7:e juni  7th of June, 2027
    re.compile(
        r"(?:den )?(?P<day>[0-9]{1,2})(?:\.|:[ae]|st|nd|rd|th)?(?: of)? ?"
        rf"(?P<month>[a-zåäö]+)[.,]{{0,2}}(?: {_YEAR})?"
    ),
    # June 7, 2027  kesäkuun 7. 2027
    re.compile(rf"(?P<month>[a-zåäö]+)\.? (?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th)?,?(?: {_YEAR})?"),
)
_TIME = re.compile(
    r"(?:(?:klo|kello|kl|klockan|at)\.? ?)?"
    r"(?:(?P<hour>[0-9]{1,2})(?:[.:](?P<minute>[0-9]{2}))?|(?P<hour_>[0-9]{1,2})(?P<minute_>[0-9]{2}))"
)

# Full-width forms of phones set to East Asian input, as the ASCII they stand for. Not NFKC: it would read 1² as 12.
_FULL_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}


def parse_day(text: str, today: date) -> date:
    """The day that `text` means; without a year, the next such day from `today` on.

    InvalidInput: `bad_date` when it can't be read, there is no such day, or its year is outside YEARS;
    `weekday_mismatch` when the weekday written is another one than the `day` in its params has.
    """
    plain = _plain(text, "bad_date")
    if plain in _RELATIVE_DAYS:
        return _in_years(today + timedelta(days=_RELATIVE_DAYS[plain]))
    weekday, rest = _split_weekday(plain)
    for form in _DATES:
        if match := form.fullmatch(rest):
            day = _day(match.groupdict(), today)
            break
    else:
        raise InvalidInput("bad_date")
    if weekday is not None and weekday != day.isoweekday():
        raise InvalidInput("weekday_mismatch", day=day)
    return day


def parse_time(text: str) -> time:
    """The wall time that `text` means, in hours and minutes, without a zone. InvalidInput: `bad_time`, also for 24."""
    match = _TIME.fullmatch(_plain(text, "bad_time"))
    if match is None:
        raise InvalidInput("bad_time")
    hour = int(match["hour"] or match["hour_"])
    minute = int(match["minute"] or match["minute_"] or 0)
    if hour > 23 or minute > 59:
        raise InvalidInput("bad_time")
    return time(hour, minute)


def instant(day: date, wall: time, fold: int | None = None) -> datetime:
    """The UTC instant at which clocks in Finland show `wall` on `day`. `fold`: which showing in the doubled hour.

    InvalidInput, with `day` and `time`: `missing_hour` when clocks skip that time; `doubled_hour` when they show it
    twice and `fold` does not say which (0: before clocks go back, 1: after); `bad_date` outside YEARS.
    """
    naive = datetime.combine(_in_years(day), wall.replace(tzinfo=None, fold=0))
    first, second = (naive.replace(tzinfo=HELSINKI, fold=n).astimezone(UTC) for n in (0, 1))
    if local(first).replace(tzinfo=None) != naive:
        raise InvalidInput("missing_hour", day=day, time=wall)
    if first == second or fold == 0:
        return first
    if fold == 1:
        return second
    raise InvalidInput("doubled_hour", day=day, time=wall)


def local(instant: datetime) -> datetime:
    """The same instant as clocks in Finland show it, aware. ValueError when it has no zone."""
    if instant.utcoffset() is None:
        raise ValueError(f"an instant has a zone, {instant!r} has none")
    return instant.astimezone(HELSINKI)


def day_period(day: date) -> Period:
    """The whole local day, 23 or 25 hours long when clocks change. InvalidInput: `bad_date` outside YEARS."""
    # Never in doubt: as far as YEARS reach, Finland has changed its clocks in the small hours.
    midnights = (
        datetime.combine(at, time(0), HELSINKI).astimezone(UTC)
        for at in (_in_years(day), day + timedelta(days=1))
    )
    return Period(*midnights)


def _plain(text: str, code: str) -> str:
    # Looked at before anything walks through it: a form field may bring 200 kB.
    if len(text) > _LONGEST:
        raise InvalidInput(code)
    words = unicodedata.normalize("NFC", text).translate(_FULL_WIDTH).lower().split()
    return " ".join(words)


def _split_weekday(plain: str) -> tuple[int | None, str]:
    match = _WEEKDAY_FIRST.fullmatch(plain)
    if match and match["weekday"] in _WEEKDAYS:
        return _WEEKDAYS[match["weekday"]], match["rest"]
    return None, plain


def _day(parts: dict[str, str | None], today: date) -> date:
    month_text, day_text, year_text = parts["month"] or "", parts["day"] or "", parts["year"]
    month = int(month_text) if month_text.isdigit() else _MONTHS.get(month_text, 0)
    day = int(day_text)
    if year_text:
        found = _date(int(year_text) + (2000 if len(year_text) == 2 else 0), month, day)
    else:
        years = range(today.year, today.year + _NINE_YEARS)
        coming = (_date(year, month, day) for year in years)
        found = next((it for it in coming if it is not None and it >= today), None)
    if found is None:
        raise InvalidInput("bad_date")
    return _in_years(found)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None  # no such day


def _in_years(day: date) -> date:
    if day.year not in YEARS:
        raise InvalidInput("bad_date")
    return day
