"""The reader's language: which it is, the catalogues of texts, days and times in words.

Knows languages and Babel; must not know requests, persons or rooms. The edge says whose language counts
(`use_locale`); without that it is Finnish. Instants are shown as clocks in Finland show them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from calendars.period import Period

LOCALES = ("fi", "sv", "en")
TRANSLATIONS = Path(__file__).parent / "translations"

_UNPACKING_SECONDS = 30
_A_MONDAY = date(2027, 6, 7)
_HELSINKI = ZoneInfo("Europe/Helsinki")
_LANGUAGE_RANGE = re.compile(
    r"\s*(?P<language>[A-Za-z]{2})(?:-[A-Za-z0-9]{1,8})*\s*"
    r"(?:;\s*[qQ]=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)
_locale: ContextVar[str] = ContextVar("locale", default="fi")


@dataclass(frozen=True)
class _Forms:
    """How one language writes days and times. Patterns in CLDR's letters."""

    cldr: str
    long_day: str
    short_day: str
    clock: str  # a format of hour and minute
    at: str  # between day and time


# CLDR is not asked for the clock: Finland's Swedish writes 17.30 as its Finnish does (Institutet för de inhemska
# språken), CLDR's sv_FI has changed its mind about it; and a table of a week formats hundreds.
_FORMS = {
    "fi": _Forms("fi", "cccc d. MMMM y", "ccc d.M.y", "{0}.{1:02}", " klo "),
    "sv": _Forms("sv_FI", "cccc d MMMM y", "ccc d.M.y", "{0}.{1:02}", " kl. "),
    "en": _Forms("en_GB", "cccc d MMMM y", "ccc d MMM y", "{0:02}:{1:02}", ", "),
}


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Speak `locale` within the block, in this thread or task. ValueError for one that is not in LOCALES."""
    if locale not in LOCALES:
        raise ValueError(f"no such language here: {locale!r}")
    token = _locale.set(locale)
    try:
        yield
    finally:
        _locale.reset(token)


def current_locale() -> str:
    """The language spoken now: one of LOCALES."""
    return _locale.get()


def negotiate(accept_language: str | None) -> str:
    """The language of LOCALES that an Accept-Language header (RFC 9110 §12.5.4) likes best; Finnish if it names none."""
    best, best_weight = "fi", 0.0
    # A browser sends a handful; a header made to be long is not read to its end.
    for choice in (accept_language or "")[:1000].split(","):
        match = _LANGUAGE_RANGE.fullmatch(choice)
        if match and match["language"].lower() in LOCALES:
            weight = float(match["weight"] or 1)
            if weight > best_weight:
                best, best_weight = match["language"].lower(), weight
    return best


# For `environment.install_gettext_callables(**JINJA_CALLABLES)` with the extension jinja2.ext.i18n. In its new style
# Jinja fills (and escapes) the placeholders itself, always: so these don't, and "%" is written "%%" in templates.
JINJA_CALLABLES: dict[str, Any] = {
    "gettext": lambda message: _spoken().gettext(message),
    "ngettext": lambda singular, plural, num: _spoken().ngettext(singular, plural, num),
    "pgettext": lambda context, message: _spoken().pgettext(context, message),
    "npgettext": lambda context, singular, plural, num: _spoken().npgettext(
        context, singular, plural, num
    ),
    "newstyle": True,
}


def gettext(message: str, /, **params: object) -> str:
    """`message` in the reader's language, its `%(name)s` filled with `params`; itself where it is not translated.

    Without params nothing is filled, and a per cent sign stands for itself.
    """
    text = _spoken().gettext(message)
    return text % params if params else text


def ngettext(singular: str, plural: str, num: int, /, **params: object) -> str:
    """The form of the reader's language for `num`, which fills `%(num)s`; `params` the others."""
    text = _spoken().ngettext(singular, plural, num)
    return text % {"num": num, **params}


def pgettext(context: str, message: str, /, **params: object) -> str:
    """Like gettext, for a word that means two things: `context` says which."""
    text = str(_spoken().pgettext(context, message))  # Babel types it as an object
    return text % params if params else text


def lazy_gettext(message: str, /, **params: object) -> LazyText:
    """A text that is looked up when it is shown: for what is written down before the reader is known."""
    return LazyText(message, params)


@dataclass(frozen=True)
class LazyText:
    """A message that becomes a text, in the language spoken then, by `str()`, `%` or `format()`."""

    message: str
    params: dict[str, object] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return gettext(self.message, **self.params)

    def __mod__(self, values: Any) -> str:
        filled: str = str(self) % values
        return filled

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)


def _spoken() -> NullTranslations:
    return _catalogue(current_locale())


@cache
def _catalogue(locale: str) -> NullTranslations:
    folder = TRANSLATIONS / locale / "LC_MESSAGES"
    source, compiled = folder / "messages.po", folder / "messages.mo"
    if compiled.exists() and not _is_older(compiled, source):
        with compiled.open("rb") as file:
            return Translations(file)
    # A checkout that runs straight from the tree: a tenth of a second, once per process.
    with source.open("rb") as file:
        catalogue = read_po(file, locale=_FORMS[locale].cldr)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    buffer.seek(0)
    return Translations(buffer)


def _is_older(compiled: Path, source: Path) -> bool:
    # An installed wheel has both, unpacked within a moment of each other in any order; who edits a text in the
    # tree, after an editable install has compiled it, wants to see the edited one.
    return (
        source.exists() and source.stat().st_mtime > compiled.stat().st_mtime + _UNPACKING_SECONDS
    )


def day_in_words(day: date) -> str:
    """`maanantai 7. kesäkuuta 2027`, `måndag 7 juni 2027`, `Monday 7 June 2027`; the date parser reads each."""
    return _day(day, current_locale(), "long")


def short_day(day: date) -> str:
    """`ma 7.6.2027`, `mån 7.6.2027`, `Mon 7 Jun 2027`; the date parser reads each."""
    return _day(day, current_locale(), "short")


def clock(instant: datetime) -> str:
    """The wall time of an aware instant in Finland: `17.30`, in English `17:30`. ValueError without a zone."""
    local = _local(instant)
    return _clock(local.hour, local.minute)


def clock_range(period: Period) -> str:
    """`17.30–19.00`, in English `17:30–19:00`; the midnight that ends a day is 24.00. The day is said elsewhere."""
    start, end = _local(period.start), _local(period.end)
    if _ends_its_day(start, end):
        return f"{_clock(start.hour, start.minute)}–{_clock(24, 0)}"
    return f"{_clock(start.hour, start.minute)}–{_clock(end.hour, end.minute)}"


def wall_range(start_minute: int, end_minute: int) -> str:
    """The same of minutes of a local day that is not known: `17.30–19.00`; an end of 0 is the midnight after it."""
    start, end = divmod(start_minute, 60), divmod(end_minute or 24 * 60, 60)
    return f"{_clock(*start)}–{_clock(*end)}"


def weekday_in_words(weekday: int) -> str:
    """`tiistai`, `tisdag`, `Tuesday`; 0 is Monday."""
    return format_date(
        _A_MONDAY + timedelta(days=weekday), "cccc", locale=_FORMS[current_locale()].cldr
    )


def period_in_words(period: Period) -> str:
    """`maanantai 7. kesäkuuta 2027 klo 17.30–19.00`; over midnight with both days, in local time."""
    start, end = _local(period.start), _local(period.end)
    at = _FORMS[current_locale()].at
    if start.date() == end.date() or _ends_its_day(start, end):
        return f"{day_in_words(start.date())}{at}{clock_range(period)}"
    first = f"{day_in_words(start.date())}{at}{_clock(start.hour, start.minute)}"
    return f"{first} – {day_in_words(end.date())}{at}{_clock(end.hour, end.minute)}"


@lru_cache(maxsize=4096)
def _day(day: date, locale: str, length: str) -> str:
    forms = _FORMS[locale]
    pattern = forms.long_day if length == "long" else forms.short_day
    return format_date(day, pattern, locale=forms.cldr)


def _clock(hour: int, minute: int) -> str:
    return _FORMS[current_locale()].clock.format(hour, minute)


def _local(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise ValueError(f"an instant has a zone, {instant!r} has none")
    return instant.astimezone(_HELSINKI)


def _ends_its_day(start: datetime, end: datetime) -> bool:
    midnight = (end.hour, end.minute) == (0, 0)
    return midnight and end.date() == start.date() + timedelta(days=1)
