"""Compiles the translations when the wheel or an editable install is built. Knows hatchling and babel; nothing of the code.

`python hatch_build.py` does the same for a working tree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """The name hatchling looks for."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the files are collected; `version` is "standard" or "editable"."""
        compile_translations(Path(self.root))


def compile_translations(root: Path) -> None:
    """Write a `messages.mo` beside each `messages.po`. Fuzzy texts are left out: they are guesses."""
    for source in sorted(root.glob("booking/translations/*/LC_MESSAGES/messages.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
        # Replaced in one step: a running service may be reading the old one.
        draft = source.with_suffix(".mo.new")
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_translations(Path(__file__).parent)
