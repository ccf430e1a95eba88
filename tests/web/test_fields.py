"""What people type, cleaned: one line stays one line, whatever Unicode holds."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from booking.web.fields import many_lines, one_line
from booking.web.security import is_our_path

anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_one_line_is_one_clean_line(typed: str) -> None:
    line = one_line(typed)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line
    assert not any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in line)
    assert one_line(line) == line
    line.encode()


@given(anything)
def test_many_lines_are_clean_lines(typed: str) -> None:
    lines = many_lines(typed)
    assert all(one_line(line) == line for line in lines.split("\n"))
    assert many_lines(lines) == lines


def test_both_spellings_of_a_letter_are_one() -> None:
    assert one_line("Va\u0308ino\u0308") == one_line("Väinö") == "Väinö"


def test_signs_that_turn_the_direction_are_gone_and_emoji_stay() -> None:
    assert one_line("a\u202eb\u2067c 👩‍👩‍👧") == "abc 👩‍👩‍👧"


@given(st.text(st.characters(min_codepoint=0, max_codepoint=127)))
def test_no_goal_leads_away(goal: str) -> None:
    for path in (goal, f"/{goal}", f"//{goal}", f"/\\{goal}", f"/\t/{goal}"):
        if is_our_path(path):
            assert path.startswith("/")
            assert not path.startswith(("//", "/\\"))
            assert path.isprintable()
