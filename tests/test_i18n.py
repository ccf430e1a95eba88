"""The reader's language: negotiation, catalogues, Jinja, days and times in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup

from booking import i18n
from booking.domain.local_time import YEARS, parse_day
from booking.i18n import (
    LOCALES,
    clock,
    clock_range,
    current_locale,
    day_in_words,
    gettext,
    lazy_gettext,
    negotiate,
    ngettext,
    period_in_words,
    pgettext,
    short_day,
    use_locale,
)
from calendars.period import Period

FINNISH = """
msgid ""
msgstr ""
"Language: fi\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "Room"
msgstr "Tila"

msgid "Hello, %(name)s!"
msgstr "Hei, %(name)s!"

msgid "%(num)s room in %(place)s"
msgid_plural "%(num)s rooms in %(place)s"
msgstr[0] "%(num)s tila, %(place)s"
msgstr[1] "%(num)s tilaa, %(place)s"

msgctxt "use of a room"
msgid "event"
msgstr "tapahtuma"

msgid "100 %% sure"
msgstr "100 %% varma"

#, fuzzy
msgid "Guess"
msgstr "Arvaus"
"""


def po_file(folder: Path, locale: str, text: str) -> Path:
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Catalogues of this file's own: Finnish with texts, Swedish and English without."""
    po_file(tmp_path, "fi", FINNISH)
    for locale in ("sv", "en"):
        po_file(tmp_path, locale, FINNISH.split("\n\n")[0].replace("fi", locale))
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    i18n._catalogue.cache_clear()
    yield tmp_path
    i18n._catalogue.cache_clear()


def environment(*, autoescape: bool = True) -> Environment:
    made = Environment(extensions=["jinja2.ext.i18n"], autoescape=autoescape)
    made.install_gettext_callables(**i18n.JINJA_CALLABLES)  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv", "sv"),
        ("sv-FI,sv;q=0.9,fi;q=0.8", "sv"),
        ("en-US,en;q=0.5", "en"),
        ("FI", "fi"),
        ("de, en;q=0.5, sv;q=0.7", "sv"),
        ("en;q=0.5,sv;q=0.5", "en"),
        ("de-DE,fr", "fi"),
        ("*", "fi"),
        ("en;q=0, sv;q=0.1", "sv"),
        ("en;q=0", "fi"),
        ("sv;q=nan, en;q=1e999", "fi"),
        ("sv;q=2", "fi"),
        ("../../etc/passwd, en", "en"),
        ("\0,\ud800, sv", "sv"),
        ("en," * 100_000, "en"),
        ("x" * 200_000, "fi"),
    ],
)
def test_language_is_the_one_the_browser_likes_best(header: str | None, expected: str) -> None:
    assert negotiate(header) == expected


@given(st.text(st.characters()) | st.text("enfisv-;q=0.19, *"))
def test_any_header_gives_one_of_our_languages(header: str) -> None:
    assert negotiate(header) in LOCALES


def test_language_holds_within_its_block_and_its_thread() -> None:
    with use_locale("sv"):
        with use_locale("en"):
            inner = current_locale()
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(current_locale).result()
        assert (inner, current_locale(), elsewhere, short_day(date(2027, 6, 7))) == (
            "en",
            "sv",
            "fi",
            "mån 7.6.2027",
        )
    assert current_locale() == "fi"


def test_language_is_left_when_its_block_fails() -> None:
    with pytest.raises(LookupError), use_locale("en"):
        raise LookupError
    assert current_locale() == "fi"


@pytest.mark.parametrize("locale", ["de", "fi_FI", "../fi", ""])
def test_language_is_refused_when_it_is_none_of_ours(locale: str) -> None:
    with pytest.raises(ValueError, match="no such language"), use_locale(locale):
        pass


@pytest.mark.usefixtures("texts")
def test_texts_are_translated_and_filled() -> None:
    assert [
        gettext("Room"),
        gettext("Hello, %(name)s!", name="Veli"),
        ngettext("%(num)s room in %(place)s", "%(num)s rooms in %(place)s", 1, place="Nurmes"),
        ngettext("%(num)s room in %(place)s", "%(num)s rooms in %(place)s", 2, place="Nurmes"),
        pgettext("use of a room", "event"),
        f"{lazy_gettext('Room'):>6}",
    ] == ["Tila", "Hei, Veli!", "1 tila, Nurmes", "2 tilaa, Nurmes", "tapahtuma", "  Tila"]


@pytest.mark.usefixtures("texts")
def test_text_is_its_message_when_it_is_not_translated() -> None:
    with use_locale("sv"):
        missing = [
            gettext("Room"),
            gettext("Hello, %(name)s!", name="Veli"),
            ngettext("%(num)s seat", "%(num)s seats", 1),
            ngettext("%(num)s seat", "%(num)s seats", 2),
            pgettext("use of a room", "event"),
            gettext("50 % off"),
        ]
    assert missing == ["Room", "Hello, Veli!", "1 seat", "2 seats", "event", "50 % off"]
    assert gettext("Guess") == "Guess"


@pytest.mark.usefixtures("texts")
def test_lazy_text_is_in_the_language_of_its_showing() -> None:
    label, greeting = lazy_gettext("Room"), lazy_gettext("Hello, %(name)s!", name="Veli")
    with use_locale("en"):
        english = [str(label), str(greeting), lazy_gettext("Hello, %(name)s!") % {"name": "Outi"}]
    assert english == ["Room", "Hello, Veli!", "Hello, Outi!"]
    assert [str(label), str(greeting)] == ["Tila", "Hei, Veli!"]


@pytest.mark.usefixtures("texts")
def test_jinja_fills_and_escapes_the_texts_it_shows() -> None:
    template = environment().from_string(
        "{{ _('Hello, %(name)s!', name=name) }}|{% trans %}Room{% endtrans %}|{{ label }}|"
        "{{ ngettext('%(num)s room in %(place)s', '%(num)s rooms in %(place)s', 2, place=name) }}|"
        "{{ pgettext('use of a room', 'event') }}|{{ _('100 %% sure') }}"
    )
    shown = template.render(name="<b>", label=lazy_gettext("Hello, %(name)s!", name="<i>"))
    assert shown == (
        "Hei, &lt;b&gt;!|Tila|Hei, &lt;i&gt;!|2 tilaa, &lt;b&gt;|tapahtuma|100 % varma"
    )


@pytest.mark.usefixtures("texts")
def test_jinja_keeps_markup_that_the_template_passes() -> None:
    template = environment().from_string("{{ _('Hello, %(name)s!', name=name) }}")
    assert template.render(name=Markup("<b>Veli</b>")) == "Hei, <b>Veli</b>!"


def test_texts_come_from_the_compiled_catalogue_unless_the_source_is_newer(texts: Path) -> None:
    source = texts / "fi" / "LC_MESSAGES" / "messages.po"
    compiled = source.with_suffix(".mo")
    with source.open("rb") as file, compiled.open("wb") as out:
        write_mo(out, read_po(file))
    source.write_text(FINNISH.replace("Tila", "Huone"), encoding="utf-8")
    assert gettext("Room") == "Tila"  # within a moment, as a wheel is unpacked
    later = compiled.stat().st_mtime + 3600
    os.utime(source, (later, later))
    i18n._catalogue.cache_clear()
    assert gettext("Room") == "Huone"
    source.unlink()
    i18n._catalogue.cache_clear()
    assert gettext("Room") == "Tila"


EVENING = Period(datetime(2027, 6, 7, 14, 30, tzinfo=UTC), datetime(2027, 6, 7, 16, tzinfo=UTC))
MORNING = Period(datetime(2027, 1, 7, 7, 5, tzinfo=UTC), datetime(2027, 1, 7, 8, tzinfo=UTC))
TO_MIDNIGHT = Period(EVENING.start, datetime(2027, 6, 7, 21, tzinfo=UTC))
OVERNIGHT = Period(EVENING.start, datetime(2027, 6, 8, 5, 0, tzinfo=UTC))
WHOLE_DAY = Period(datetime(2027, 6, 6, 21, tzinfo=UTC), datetime(2027, 6, 7, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("fi", ("maanantai 7. kesäkuuta 2027", "ma 7.6.2027", "17.30", "17.30–19.00", "9.05")),
        ("sv", ("måndag 7 juni 2027", "mån 7.6.2027", "17.30", "17.30–19.00", "9.05")),
        ("en", ("Monday 7 June 2027", "Mon 7 Jun 2027", "17:30", "17:30–19:00", "09:05")),
    ],
)
def test_days_and_times_are_written_as_the_language_does(
    locale: str, expected: tuple[str, ...]
) -> None:
    day = date(2027, 6, 7)
    with use_locale(locale):
        assert expected == (
            day_in_words(day),
            short_day(day),
            clock(EVENING.start),
            clock_range(EVENING),
            clock(MORNING.start),
        )


@pytest.mark.parametrize(
    ("locale", "period", "expected"),
    [
        ("fi", EVENING, "maanantai 7. kesäkuuta 2027 klo 17.30–19.00"),
        ("sv", EVENING, "måndag 7 juni 2027 kl. 17.30–19.00"),
        ("en", EVENING, "Monday 7 June 2027, 17:30–19:00"),
        ("fi", MORNING, "torstai 7. tammikuuta 2027 klo 9.05–10.00"),
        ("fi", TO_MIDNIGHT, "maanantai 7. kesäkuuta 2027 klo 17.30–24.00"),
        ("fi", WHOLE_DAY, "maanantai 7. kesäkuuta 2027 klo 0.00–24.00"),
        (
            "fi",
            OVERNIGHT,
            "maanantai 7. kesäkuuta 2027 klo 17.30 – tiistai 8. kesäkuuta 2027 klo 8.00",
        ),
        ("en", OVERNIGHT, "Monday 7 June 2027, 17:30 – Tuesday 8 June 2027, 08:00"),
    ],
)
def test_period_is_said_in_one_line(locale: str, period: Period, expected: str) -> None:
    with use_locale(locale):
        assert period_in_words(period) == expected


def test_clock_is_refused_without_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        clock(datetime(2027, 6, 7, 12))  # noqa: DTZ001 - the naive time is the point


@pytest.mark.parametrize("locale", LOCALES)
@given(day=st.dates(date(YEARS.start, 1, 1), date(YEARS.stop - 1, 12, 31)))
def test_days_we_write_are_days_we_read(locale: str, day: date) -> None:
    today = day + timedelta(days=100)
    with use_locale(locale):
        written = (day_in_words(day), short_day(day))
    assert [parse_day(text, today) for text in written] == [day, day]
