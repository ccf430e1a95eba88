"""Texts held as data, plain and in three languages. Knows which one to show; no catalogue of translations, no request."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Signs that turn the direction of what follows: in a title they would rewrite the line they stand in.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = frozenset("\u2028\u2029\u0085\v\f\r")


@dataclass(frozen=True, slots=True)
class LocalText:
    """A name, rule or note as the county wrote it: Finnish always, Swedish and English where given.

    A language given blank counts as not given.
    """

    fi: str
    sv: str | None = None
    en: str | None = None

    def __post_init__(self) -> None:
        for lang in ("sv", "en"):
            text = getattr(self, lang)
            if text is not None and not text.strip():
                object.__setattr__(self, lang, None)

    def choose(self, locale: str) -> tuple[str, str]:
        """The text for a reader of `locale`, and the language it is in: Finnish where theirs is missing.

        The page marks a text in another language with that `lang` (WCAG 3.1.2).
        """
        text = {"sv": self.sv, "en": self.en}.get(locale)
        return (text, locale) if text is not None else (self.fi, "fi")


def one_line(typed: str) -> str:
    """Text on one line: composed letters, single blanks, no control or direction-turning signs."""
    return " ".join(_plain(typed).split())


def many_lines(typed: str) -> str:
    """Text on lines of its own: like `one_line` for each, no blank lines at either end."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line) for line in lines).strip("\n")


def _plain(typed: str) -> str:
    spaced = "".join(" " if sign in _LINE_ENDS or sign in "\n\t" else sign for sign in typed)
    kept = (s for s in spaced if s not in _TURNING and unicodedata.category(s) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept))
