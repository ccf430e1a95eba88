"""The rules of retention agree with themselves and with what the models mark as personal."""

from __future__ import annotations

import pytest

from booking.domain.retention import BY_KEY, RULES, Rule, days_kept, length_faults
from booking.errors import Refusal
from booking.models import Base

USUAL = {rule.key: rule.days for rule in RULES}


def test_what_nobody_has_chosen_is_kept_as_long_as_usual() -> None:
    assert days_kept({}) == USUAL
    assert days_kept({"needs_days": 7, "something_else": 1}) == {**USUAL, "needs": 7}


def test_the_usual_lengths_may_be_chosen() -> None:
    assert length_faults(USUAL) == []


def test_access_needs_are_kept_at_most_thirty_days() -> None:
    assert (BY_KEY["needs"].days, BY_KEY["needs"].longest) == (30, 30)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_a_length_is_within_its_bounds(rule: Rule) -> None:
    for days in (rule.shortest - 1, rule.longest + 1):
        bounds = {"lowest": rule.shortest, "highest": rule.longest}
        expected = [Refusal("number_out_of_range", rule.key, bounds)]
        assert length_faults({**USUAL, rule.key: days}) == expected


def test_idle_accounts_are_not_kept_longer_than_the_audit_that_tells_they_are_idle() -> None:
    faults = length_faults({**USUAL, "idle_persons": 1500, "audit": 1100})
    assert [(fault.code, fault.field) for fault in faults] == [
        ("idle_longer_than_audit", "idle_persons")
    ]


def test_rules_have_numbers_of_their_own_and_keys_that_fit_their_column() -> None:
    assert len({rule.number for rule in RULES}) == len(RULES)
    assert all(rule.number > 0 and len(rule.setting) <= 40 for rule in RULES)


def test_rules_speak_of_personal_columns_that_exist() -> None:
    personal = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "personal" in column.info
    }
    assert {column for rule in RULES for column in rule.columns} - personal == set()
