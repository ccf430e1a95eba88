"""A unit's ready texts for decisions, and how it decides: the pages on which its approvers keep them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import reading, transaction
from booking.domain.deciding import DECIDING_AT_FIRST
from booking.domain.texts import LocalText
from booking.models import AuditEntry, DecisionTemplate, Unit
from booking.services.decision_templates import MOST_TEMPLATES
from tests.web.conftest import Site
from tests.web.deciding import in_english, words

_keys = count()


def send(site: Site, path: str, who: str = "veli", **fields: Any) -> Any:
    return in_english(site, who).post(path, {"key": f"teksti-{next(_keys)}", **fields})


def listed(site: Site) -> str:
    return f"/staff/units/{site.world.rantakyla}/templates"


def templates(site: Site) -> list[DecisionTemplate]:
    with reading(site.database) as session:
        return list(session.scalars(select(DecisionTemplate).order_by(DecisionTemplate.id)))


def test_a_text_is_added_changed_and_removed(site: Site) -> None:
    sent = {
        "kind": "condition",
        "text_fi": "Tuokaa johto",
        "text_sv": "Ta med sladd",
        "text_en": "",
    }
    answer = send(site, listed(site), **sent)
    assert (answer.status_code, answer.location) == (303, listed(site))
    [row] = templates(site)
    assert (row.kind, row.text) == ("condition", LocalText("Tuokaa johto", "Ta med sladd"))
    path = f"/staff/templates/{row.id}"
    page = in_english(site, "veli").get(path).text
    assert "Tuokaa johto" in page
    # What a text is for does not change.
    assert send(site, path, kind="reason", text_fi="Tuokaa kaksi").status_code == 303
    [row] = templates(site)
    assert (row.kind, row.text) == ("condition", LocalText("Tuokaa kaksi"))
    assert send(site, f"{path}/remove").status_code == 303
    assert templates(site) == []
    with reading(site.database) as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.object_kind == "template").order_by(AuditEntry.id)
        ).all()
    assert [entry.action for entry in entries] == [
        "add_template",
        "edit_template",
        "remove_template",
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"kind": "condition", "text_fi": ""}, "Write the text in Finnish."),
        ({"kind": "condition", "text_fi": " ", "text_sv": "Sladd"}, "Write the text in Finnish."),
        ({"kind": "", "text_fi": "Teksti"}, "Choose what the text is for."),
        ({"kind": "appeal", "text_fi": "Teksti"}, "Choose one of the options in the list."),
        ({"kind": "reason", "text_fi": "x" * 1001}, "The text is too long."),
    ],
)
def test_what_is_wrong_is_said(site: Site, fields: dict[str, str], text: str) -> None:
    answer = send(site, listed(site), **fields)
    assert answer.status_code == 422
    assert text in words(answer.text)
    assert templates(site) == []


def test_a_changed_text_needs_its_finnish(site: Site) -> None:
    send(site, listed(site), kind="reason", text_fi="Remontti")
    [row] = templates(site)
    answer = send(site, f"/staff/templates/{row.id}", text_fi="", text_sv="Renovering")
    assert answer.status_code == 422
    assert "Renovering" in answer.text
    assert templates(site)[0].text == LocalText("Remontti")


def test_there_are_not_more_texts_than_one_reads(site: Site) -> None:
    def fill(session: Any) -> None:
        own = {"unit_id": site.world.rantakyla, "kind": "reason"}
        session.add_all(
            DecisionTemplate(text=LocalText(f"Syy {n}"), **own) for n in range(MOST_TEMPLATES)
        )

    transaction(site.database, fill)
    answer = send(site, listed(site), kind="reason", text_fi="Vielä yksi")
    assert answer.status_code == 422
    assert f"The site already has {MOST_TEMPLATES} texts of this kind." in words(answer.text)
    assert send(site, listed(site), kind="condition", text_fi="Ehto").status_code == 303


def test_a_text_sent_twice_is_kept_once(site: Site) -> None:
    for _ in range(2):
        send(site, listed(site), kind="reason", text_fi="Remontti", key="sama")
    assert len(templates(site)) == 1


def test_another_approver_keeps_other_texts(site: Site) -> None:
    send(site, listed(site), kind="reason", text_fi="Remontti")
    [row] = templates(site)
    for path in (listed(site), f"/staff/templates/{row.id}", f"/staff/templates/{row.id}/remove"):
        assert send(site, path, "aino", kind="reason", text_fi="x").status_code == 403
    assert [one.text for one in templates(site)] == [LocalText("Remontti")]
    for path in ("/staff/templates/999", "/staff/templates/999/remove"):
        assert send(site, path, text_fi="x").status_code == 404


def unit_of(site: Site) -> Unit:
    with reading(site.database) as session:
        return session.get_one(Unit, site.world.rantakyla)


def keep(site: Site, version: int = 1, **changes: Any) -> Any:
    """Send the form of how Rantakylä decides, as it is but for `changes`."""
    numbers = {name: value for name, value in DECIDING_AT_FIRST.items() if value}
    sent = {**numbers, "version": version, **changes}
    return in_english(site, "veli").post(f"/staff/units/{site.world.rantakyla}/deciding", sent)


def test_a_unit_says_how_it_decides(site: Site) -> None:
    changed: dict[str, Any] = {
        "remind_after_hours": 24,
        "stand_in_after_hours": 48,
        "coordinator_after_hours": 72,
        "lapse_after_hours": 336,
        "approves_by_itself": "y",
        "appeal_fi": "Pyydä oikaisua",
        "remind_days_before": 0,
        "late_cancel_hours": 12,
    }
    answer = keep(site, **changed)
    path = f"/staff/units/{site.world.rantakyla}"
    assert (answer.status_code, answer.location) == (303, f"{path}#deciding")
    unit = unit_of(site)
    found = {name: getattr(unit, name) for name in DECIDING_AT_FIRST}
    assert found == {
        "remind_after_hours": 24,
        "stand_in_after_hours": 48,
        "coordinator_after_hours": 72,
        "lapse_after_hours": 336,
        "approves_by_itself": True,
        "remind_days_before": 0,
        "late_cancel_hours": 12,
    }
    assert unit.appeal == LocalText("Pyydä oikaisua")
    page = words(in_english(site, "veli").get(path).text)
    for text in (
        "Approvers are reminded 1 day after asking",
        "Undecided requests lapse 14 days after asking",
        "requests of verified associations",
        "Pyydä oikaisua",
        # And who changed it.
        "Approvers are reminded, hours after asking",
    ):
        assert text in page
    # Lapsing is taken away again by leaving it empty.
    assert keep(site, 2).status_code == 303
    unit = unit_of(site)
    assert (unit.lapse_after_hours, unit.approves_by_itself, unit.appeal) == (None, False, None)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"remind_after_hours": ""}, "Enter a whole number from 1 to 2208."),
        ({"remind_after_hours": "0"}, "Enter a whole number from 1 to 2208."),
        ({"stand_in_after_hours": "48"}, "Each step must come later than the one before it."),
        ({"coordinator_after_hours": "9"}, "Each step must come later than the one before it."),
        ({"lapse_after_hours": "168"}, "Each step must come later than the one before it."),
        ({"remind_days_before": "61"}, "Enter a whole number from 0 to 60."),
        ({"late_cancel_hours": "x"}, "Enter a whole number from 0 to 2208."),
        ({"appeal_sv": "Begär omprövning"}, "Write the text in Finnish too"),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    site: Site, changes: dict[str, Any], text: str
) -> None:
    answer = keep(site, **changes)
    assert answer.status_code == 422
    assert text in words(answer.text)
    assert unit_of(site).version == 1


def test_what_another_saved_meanwhile_is_shown(site: Site) -> None:
    keep(site, remind_after_hours=24)
    answer = keep(site, late_cancel_hours=48)
    assert answer.status_code == 409
    assert "Approvers are reminded, hours after asking" in words(answer.text)
    assert unit_of(site).late_cancel_hours == 24
