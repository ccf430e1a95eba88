"""Numbers of organisations: every usual spelling is read, no wrong one is taken."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.organisations import (
    bare_name,
    organisation_faults,
    register_number,
    spellings,
    y_tunnus,
)
from booking.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("3221317-4", "3221317-4"),  # the county's own
        ("0927140-5", "0927140-5"),
        ("0242746-2", "0242746-2"),
        ("32213174", "3221317-4"),
        ("FI32213174", "3221317-4"),
        ("fi 3221317 - 4", "3221317-4"),
        (" 3221317–4 ", "3221317-4"),
        ("３２２１３１７－４", "3221317-4"),
        ("927140-5", "0927140-5"),  # an old number of six digits
        ("0000000-0", "0000000-0"),
    ],
)
def test_a_business_id_is_read_in_any_usual_spelling(typed: str, kept: str) -> None:
    assert y_tunnus(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "3221317-5", "3221317", "3221317-4-4", "12345-6", "Y-tunnus", "1" * 10**5, "3221317-X"],
)
def test_what_is_no_business_id_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as error:
        y_tunnus(typed)
    assert error.value.code == "bad_y_tunnus"


@given(st.integers(0, 9_999_999))
def test_of_ten_check_digits_at_most_one_is_right(number: int) -> None:
    def is_right(check: int) -> bool:
        try:
            return y_tunnus(f"{number:07}-{check}") == f"{number:07}-{check}"
        except InvalidInput:
            return False

    digits = [int(sign) for sign in f"{number:07}"]
    weighed = sum(d * w for d, w in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True))
    expected = [check for check in range(10) if (weighed + check) % 11 == 0]
    assert [check for check in range(10) if is_right(check)] == expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("123.123", "123.123"),
        ("123123", "123.123"),
        ("1.234", "1.234"),
        ("1234", "1.234"),
        ("45", "45"),
        (" 123 123 ", "123.123"),
        ("000.045", "45"),
    ],
)
def test_a_register_number_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert register_number(typed) == kept


@pytest.mark.parametrize("typed", ["", "0", "1234567", "12.34", "abc", "1.1.1", "9" * 10**5])
def test_what_is_no_register_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as error:
        register_number(typed)
    assert error.value.code == "bad_register_number"


GOOD = {
    "name": "Virta ry",
    "kind": "association",
    "field": "culture",
    "contact_email": "virta@example.fi",
    "responsible_name": None,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"name": " "}, [("organisation_name_required", "name")]),
        ({"name": "x" * 201}, [("too_long_text", "name")]),
        ({"kind": "sect"}, [("bad_choice", "kind")]),
        ({"field": "stars"}, [("bad_choice", "field")]),
        ({"contact_email": "x"}, [("bad_email", "contact_email")]),
        ({"kind": "unregistered"}, [("responsible_required", "responsible_name")]),
        ({"kind": "unregistered", "responsible_name": "Aino Aalto"}, []),
        ({"responsible_name": "x" * 121}, [("too_long_text", "responsible_name")]),
    ],
)
def test_an_organisation_says_what_it_must(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    faults = organisation_faults({**GOOD, **changes})
    assert [(fault.code, fault.field) for fault in faults] == expected


@pytest.mark.parametrize(
    "name", ["Virta ry", "VIRTA, r.y.", "Virta R. Y.", "virta", "Virta yhdistys"]
)
def test_every_usual_legal_form_is_a_spelling_of_the_same_name(name: str) -> None:
    found = spellings(name)
    assert found == spellings("Virta rf")
    assert {"virta", "virta ry", "virta, r.y.", "virta r. y.", "virta rf"} <= found
    assert {bare_name(one) for one in found} == {"virta"}
