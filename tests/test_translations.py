"""Every text for people is translated into the three languages, wholly and with its placeholders."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from booking.i18n import LOCALES, TRANSLATIONS

ROOT = Path(__file__).parents[1]
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]")

Key = tuple[str | None, str]  # context, message (the singular where there are two)


@cache
def wanted() -> dict[Key, Message]:
    """The texts of code and templates, as `make translations` finds them."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel has no types here
    catalogue = Catalog()
    for folder in ("booking", "templates"):
        found = extract_from_dir(ROOT / folder, methods, options)
        for filename, line, message, comments, context in found:
            catalogue.add(
                message, None, [(f"{folder}/{filename}", line)], (), comments, context=context
            )
    return by_key(catalogue)


@cache
def translated(locale: str) -> Catalog:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale, abort_invalid=True)


def by_key(catalogue: Catalog) -> dict[Key, Message]:
    return {(message.context, forms(message.id)[0]): message for message in catalogue if message.id}


def forms(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, (tuple, list)) else (str(text or ""),)


def placeholders(text: str) -> set[str]:
    return set(PLACEHOLDER.findall(text))


def mistakes(message: Message, plural_forms: int) -> list[str]:
    """What is wrong with one translation, in words; `message` bears its original."""
    originals, translations = forms(message.id), forms(message.string)
    if message.fuzzy:
        return ["is a guess (fuzzy)"]
    if not all(text.strip() for text in translations):
        return ["is empty"]
    if len(translations) != (plural_forms if len(originals) > 1 else 1):
        return ["has the wrong number of plural forms"]
    found = []
    # "One room" may leave the number out, so the singular answers for the others only.
    originally = placeholders("".join(originals))
    for text in translations:
        if placeholders(text) - {"num"} != originally - {"num"}:
            found.append(f"has other placeholders: {text!r}")
        if is_filled(originals[0]) and not is_filled(text):
            found.append(f"has a stray per cent sign: {text!r}")
    if len(translations) > 1 and placeholders(translations[-1]) != placeholders(originals[-1]):
        found.append(f"has other placeholders: {translations[-1]!r}")
    return found


def is_filled(text: str) -> bool:
    """Whether the text can be filled by `%` at all."""
    try:
        text % dict.fromkeys(placeholders(text), 1)
    except (TypeError, ValueError):
        return False
    return True


def test_texts_are_found_in_code_and_in_templates() -> None:
    files = {name for message in wanted().values() for name, _ in message.locations}
    assert {Path(name).parts[0] for name in files} == {"booking", "templates"}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_missing(locale: str) -> None:
    assert sorted(wanted().keys() - by_key(translated(locale)).keys(), key=str) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_lingers(locale: str) -> None:
    catalogue = translated(locale)
    unused = by_key(catalogue).keys() - wanted().keys()
    assert (sorted(unused, key=str), list(catalogue.obsolete)) == ([], [])


@pytest.mark.parametrize("locale", LOCALES)
def test_each_text_is_whole(locale: str) -> None:
    catalogue = translated(locale)
    found = {
        key: wrong
        for key, message in by_key(catalogue).items()
        if (wrong := mistakes(message, catalogue.num_plurals))
    }
    assert found == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_plurals_agree_with_code_and_templates(locale: str) -> None:
    ours = by_key(translated(locale))
    differing = [
        key
        for key, message in wanted().items()
        if key in ours and forms(ours[key].id) != forms(message.id)
    ]
    assert differing == []


@pytest.mark.parametrize(
    ("original", "translation", "fuzzy", "expected"),
    [
        ("Room", "Tila", False, []),
        ("Room", "", False, ["is empty"]),
        ("Room", " ", False, ["is empty"]),
        ("Room", "Tila", True, ["is a guess (fuzzy)"]),
        ("Hi %(name)s", "Hei %(name)s", False, []),
        ("Hi %(name)s", "Hei %(nimi)s", False, ["has other placeholders: 'Hei %(nimi)s'"]),
        ("Hi %(name)s", "Hei", False, ["has other placeholders: 'Hei'"]),
        ("Hi %(a)s", "Hei %(a)s 5 %", False, ["has a stray per cent sign: 'Hei %(a)s 5 %'"]),
        (("One room", "%(num)s rooms"), ("Yksi tila", "%(num)s tilaa"), False, []),
        (
            ("%(num)s room", "%(num)s rooms"),
            ("%(num)s tila", "tilaa"),
            False,
            ["has other placeholders: 'tilaa'"],
        ),
        (
            ("%(num)s room", "%(num)s rooms"),
            ("%(num)s tila", "%(num)s tilaa", "x"),
            False,
            ["has the wrong number of plural forms"],
        ),
    ],
)
def test_mistakes_are_seen(
    original: str | tuple[str, str],
    translation: str | tuple[str, ...],
    fuzzy: bool,
    expected: list[str],
) -> None:
    flags = {"fuzzy"} if fuzzy else set()
    message = Message(original, translation, flags=flags)
    assert mistakes(message, 2) == expected
