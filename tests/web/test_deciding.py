"""The page on which a request is decided: what it tells, what it takes, who may, and taking a decision back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.db import reading, transaction
from booking.domain.deciding import UNDO_WITHIN
from booking.domain.texts import LocalText
from booking.models import (
    Agreement,
    AuditEntry,
    Booking,
    DecisionTemplate,
    Occupancy,
    Organisation,
    Person,
    Room,
    Terms,
    Unit,
)
from booking.services.bookings import cancel_booking
from tests.support.world import NOW, at, make_booking, slot
from tests.web.conftest import Site, set_clock
from tests.web.deciding import booking_of, decide, in_english, mail_of, words


def template(site: Site, kind: str, fi: str, sv: str | None = None) -> int:
    row = DecisionTemplate(unit_id=site.world.rantakyla, kind=kind, text=LocalText(fi, sv))
    transaction(site.database, lambda session: session.add(row))
    return row.id


def claim(site: Site, booking: Booking) -> None:
    """Another calendar says that the booking's room is busy then."""

    def write(session: Session) -> None:
        own = select(Occupancy.space_id).where(Occupancy.booking_id == booking.id)
        space = session.scalars(own).one()
        stretch = {"starts_at": booking.starts_at, "ends_at": booking.ends_at}
        session.add(Occupancy(space_id=space, source="foreign", **stretch))

    transaction(site.database, write)


def test_the_page_tells_all_that_is_needed_to_decide(site: Site) -> None:
    def tell(session: Session) -> None:
        agreed = {"kind": "partnership", "valid_from": date(2027, 1, 1), "valid_until": None}
        virta = session.get_one(Organisation, site.world.virta)
        session.add(Agreement(organisation_id=virta.id, file_number="12/2027", **agreed))

    transaction(site.database, tell)
    make_booking(site.database, site.world, title="Aamukahvit", period=slot(10, 8))
    make_booking(site.database, site.world, title="Toinen kuu", period=slot(6, 10, month=4))
    booking = make_booking(site.database, site.world, needed_features=frozenset({"induction_loop"}))
    page = words(in_english(site, "veli").get(f"/bookings/{booking.id}/decide").text)
    told = [
        "10 people, the room takes 30",
        "asked just now",
        "anna@demo.example",
        "Induction loop : missing",
        "Pyörätuolilla kulkeva osallistuja",
        "Registered association, 0927140-5",
        "Partnership agreement, until further notice (12/2027)",
        "Other hours at this site that month 2 hours",
        "Other hours at this site that season 4 hours",
        "Cancelled late in a year 0",
        "Did not come not known to this service",
        "08:00–10:00 Aamukahvit, Virta ry",
        "10:00–12:00 This request",
        "Another booking ends right before, at 10:00.",
        # Nine days ahead: the steps have come a little closer together.
        "If nobody decides by Wed 3 Mar 2027 at 07:30, the approvers are reminded.",
    ]
    assert [text for text in told if text not in page] == []


def test_a_look_at_the_page_is_written_down(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    in_english(site, "veli").get(f"/bookings/{booking.id}/decide")
    with reading(site.database) as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "read_contact"))
        assert [look.actor_id for look in looks] == [site.world.veli.person_id]


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_the_pages_of_the_verbs_lead_on_with_the_answer_chosen(site: Site, verb: str) -> None:
    booking = make_booking(site.database, site.world)
    veli = site.browser("veli")
    answer = veli.get(f"/bookings/{booking.id}/{verb}")
    assert (answer.status_code, answer.location) == (
        303,
        f"/bookings/{booking.id}/decide?decision={verb}",
    )
    page = veli.get(answer.location).text
    assert f'checked id="decision{"" if verb == "approve" else "-2"}"' in page
    assert booking_of(site, booking.id).state == "requested"


def test_an_approver_approves_and_the_asker_is_told_some_minutes_later(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    answer = decide(veli, booking.id, "approve", message="Tervetuloa")
    assert (answer.status_code, answer.location) == (303, "/staff")
    done = booking_of(site, booking.id)
    assert (done.state, done.reason, done.condition, done.decided_by_name) == (
        "approved",
        "Tervetuloa",
        None,
        "Veli Vastaava, palveluesihenkilö",
    )
    mail = mail_of(site, "approved")
    assert (mail.next_try_at, site.mails.count(mail.id)) == (NOW + UNDO_WITHIN, 0)
    page = words(veli.get("/staff").text)
    assert "Approved : Hallituksen kokous" in page
    assert "The requester is told at 09:03." in page


def test_a_condition_is_a_ready_text_and_ones_own_in_the_requesters_language(site: Site) -> None:
    ready = template(site, "condition", "Tuokaa jatkojohto.", "Ta med skarvsladd.")
    booking = make_booking(site.database, site.world)

    def speak_swedish(session: Session) -> None:
        session.get_one(Person, site.world.anna.person_id).locale = "sv"

    transaction(site.database, speak_swedish)
    veli = in_english(site, "veli")
    assert "Tuokaa jatkojohto." in veli.get(f"/bookings/{booking.id}/decide").text
    fields = {"condition_template": ready, "condition": "Två stycken."}
    assert decide(veli, booking.id, "conditional", **fields).status_code == 303
    done = booking_of(site, booking.id)
    assert (done.state, done.condition) == ("approved", "Ta med skarvsladd.\nTvå stycken.")


def test_another_units_ready_text_is_no_choice(site: Site) -> None:
    row = DecisionTemplate(
        unit_id=site.world.kitee, kind="condition", text=LocalText("Kiteen ehto")
    )
    transaction(site.database, lambda session: session.add(row))
    booking = make_booking(site.database, site.world)
    answer = decide(in_english(site, "veli"), booking.id, "conditional", condition_template=row.id)
    assert answer.status_code == 422
    assert "Kiteen ehto" not in answer.text
    assert booking_of(site, booking.id).state == "requested"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"decision": ""}, "Choose what you decide."),
        ({"decision": "perhaps"}, "Choose one of the options in the list."),
        ({"decision": "conditional"}, "Choose or write the condition."),
        ({"decision": "reject", "reason": " "}, "Write a reason."),
        ({"decision": "reject", "reason": "x" * 2001}, "The text is too long."),
        (
            {"decision": "approve", "over_foreign": "y"},
            "Write why you approve although another calendar claims the time.",
        ),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    site: Site, fields: dict[str, Any], text: str
) -> None:
    booking = make_booking(site.database, site.world)
    sent = {"message": "Tämä säilyy", **fields}
    decision = sent.pop("decision")
    answer = decide(in_english(site, "veli"), booking.id, decision, **sent)
    assert answer.status_code == 422
    assert text in words(answer.text)
    assert "Tämä säilyy" in answer.text
    assert booking_of(site, booking.id).state == "requested"


def test_a_rejection_bears_its_reason_the_decider_and_how_to_appeal(site: Site) -> None:
    def set_appeal(session: Session) -> None:
        session.get_one(Unit, site.world.rantakyla).appeal = LocalText("Pyydä oikaisua kirjaamosta")

    transaction(site.database, set_appeal)
    ready = template(site, "reason", "Tila remontoidaan.")
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    assert decide(veli, booking.id, "reject", reason_template=ready).status_code == 303
    page = words(site.browser("anna").get(f"/bookings/{booking.id}").text)
    for text in ("Tila remontoidaan.", "Veli Vastaava, palveluesihenkilö", "kirjaamosta"):
        assert text in page
        assert text in mail_of(site, "rejected").body


def test_a_tick_verifies_the_association_with_the_decision(site: Site) -> None:
    def forget(session: Session) -> None:
        session.get_one(Organisation, site.world.virta).verified_at = None

    transaction(site.database, forget)
    first = make_booking(site.database, site.world)
    second = make_booking(site.database, site.world, period=slot(11, 10))
    veli = in_english(site, "veli")
    assert (
        "I have made sure who this association is" in veli.get(f"/bookings/{first.id}/decide").text
    )
    # Without the tick it stays unknown; so it does when nothing comes of the decision.
    assert decide(veli, first.id, "approve").status_code == 303
    assert booking_of(site, first.id).organisation.verified_at is None
    assert (
        decide(veli, second.id, "approve", version="9", verify="y", organisation="1").status_code
        == 409
    )
    assert booking_of(site, second.id).organisation.verified_at is None
    # Another name since then: that would be another association to make sure of.
    answer = decide(veli, second.id, "approve", verify="y", organisation="9")
    assert answer.status_code == 409
    assert booking_of(site, second.id).organisation.verified_at is None
    assert decide(veli, second.id, "approve", verify="y", organisation="1").status_code == 303
    organisation = booking_of(site, second.id).organisation
    assert (organisation.verified_at, organisation.verified_by_id) == (
        NOW,
        site.world.veli.person_id,
    )


def test_over_another_calendar_it_is_approved_with_a_tick_and_a_reason_for_staff(
    site: Site,
) -> None:
    booking = make_booking(site.database, site.world)
    veli, path = in_english(site, "veli"), f"/bookings/{booking.id}/decide"
    assert 'name="over_foreign"' not in veli.get(path).text
    claim(site, booking)
    assert 'name="over_foreign"' in veli.get(path).text
    refused = decide(veli, booking.id, "approve", message="Tervetuloa")
    assert refused.status_code == 409
    assert "Tick that you approve all the same" in words(refused.text)
    assert "Tervetuloa" in refused.text
    over = {"over_foreign": "y", "over_foreign_reason": "Sovittu kahvilan kanssa"}
    assert decide(veli, booking.id, "approve", **over).status_code == 303
    assert "kahvilan" not in site.browser("anna").get(f"/bookings/{booking.id}").text
    assert "kahvilan" not in mail_of(site, "approved").body


def test_approval_tells_which_rule_says_no_now(site: Site) -> None:
    booking = make_booking(site.database, site.world)

    def shrink(session: Session) -> None:
        session.get_one(Room, site.world.half_a).capacity = 4

    transaction(site.database, shrink)
    veli = in_english(site, "veli")
    said = "At most 4 people may be in the room."
    assert said in words(veli.get(f"/bookings/{booking.id}/decide").text)
    answer = decide(veli, booking.id, "approve")
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert booking_of(site, booking.id).state == "requested"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_on_an_old_version_shows_what_it_has_become(site: Site, decision: str) -> None:
    booking = make_booking(site.database, site.world)
    transaction(
        site.database,
        lambda session: cancel_booking(
            session, booking.id, 1, None, actor=site.world.anna, now=NOW
        ),
    )
    veli = in_english(site, "veli")
    answer = decide(veli, booking.id, decision, reason="Peruste")
    assert answer.status_code == 409
    assert "The booking has changed meanwhile" in words(answer.text)
    assert booking_of(site, booking.id).state == "cancelled"
    # Nobody decides on it any more: its page says what it is.
    gone = veli.get(f"/bookings/{booking.id}/decide")
    assert (gone.status_code, gone.location) == (303, f"/bookings/{booking.id}")


def test_a_decision_sent_twice_is_taken_once(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    veli = in_english(site, "veli")
    answers = [decide(veli, booking.id, "approve", key="sama").location for _ in range(2)]
    assert answers == ["/staff", "/staff"]
    assert booking_of(site, booking.id).version == 2
    other = decide(veli, booking.id, "reject", reason="Sittenkin", key="sama")
    assert other.status_code == 422 or other.status_code == 409
    assert booking_of(site, booking.id).state == "approved"


def test_what_has_begun_can_only_be_rejected(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    later = at(10, 11)
    set_clock(site.app, later)
    veli = in_english(site, "veli", now=later)
    page = veli.get(f"/bookings/{booking.id}/decide").text
    assert 'value="approve"' not in page
    assert "The time has begun" in words(page)
    assert decide(veli, booking.id, "approve").status_code == 422
    assert decide(veli, booking.id, "reject", reason="Pahoittelemme").status_code == 303


def test_the_coordinator_decides_what_was_passed_on(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    kaisa, path = in_english(site, "kaisa"), f"/bookings/{booking.id}/decide"
    assert kaisa.get(path).status_code == 403
    assert decide(kaisa, booking.id, "approve").status_code == 403
    assert "Look at it and decide" not in kaisa.get(f"/bookings/{booking.id}").text
    passed = update(Booking).values(escalation=3)
    transaction(site.database, lambda session: session.execute(passed))
    assert "Look at it and decide" in kaisa.get(f"/bookings/{booking.id}").text
    assert decide(kaisa, booking.id, "approve").status_code == 303


def test_new_rules_of_use_stop_an_approval_until_the_association_accepts_them(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    row = Terms(unit_id=site.world.rantakyla, version=1, text=LocalText("Säännöt"), created_at=NOW)
    transaction(site.database, lambda session: session.add(row))
    refused = decide(in_english(site, "veli"), booking.id, "approve")
    assert refused.status_code == 422
    assert "Ask it to accept them on the booking&#39;s page, then approve." in refused.text


@pytest.mark.parametrize("who", ["anna", "pekka"])
def test_the_asker_is_told_what_happens_if_nobody_decides(site: Site, who: str) -> None:
    booking = make_booking(site.database, site.world, period=slot(20, 10, month=4))
    page = words(in_english(site, who).get(f"/bookings/{booking.id}").text)
    assert "the approvers are reminded" in page
    passed = update(Booking).values(escalation=2)
    transaction(site.database, lambda session: session.execute(passed))
    later = NOW + timedelta(hours=100)
    set_clock(site.app, later)
    page = words(in_english(site, who, now=later).get(f"/bookings/{booking.id}").text)
    assert (
        "If nobody decides by Mon 8 Mar 2027 at 09:00, it goes to the coordinator of associations as well."
        in page
    )


def test_that_staff_asked_on_behalf_is_said_on_the_page(site: Site) -> None:
    booking = make_booking(site.database, site.world)
    said = "staff, on the association's behalf"
    assert said not in in_english(site, "anna").get(f"/bookings/{booking.id}").text
    by_staff = update(Booking).values(is_on_behalf=True)
    transaction(site.database, lambda session: session.execute(by_staff))
    assert said in in_english(site, "anna").get(f"/bookings/{booking.id}").text


def test_hostile_texts_are_shown_as_text(site: Site) -> None:
    evil = "</textarea><script>alert(1)</script>{{7*7}}"
    template(site, "condition", evil)
    booking = make_booking(site.database, site.world, title=evil, needs=evil)
    veli = in_english(site, "veli")
    page = veli.get(f"/bookings/{booking.id}/decide").text
    refused = decide(veli, booking.id, "conditional", message=evil, version="1")
    for text in (page, refused.text, veli.get("/staff").text):
        assert "<script>alert" not in text
        assert "{{7*7}}" in text
