"""Texts held as data in three languages. Knows which one to show; no catalogue of translations, no request."""

from __future__ import annotations

from dataclasses import dataclass


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
