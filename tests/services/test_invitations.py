"""Who acts for an association: invited, accepted, handed over, ended; and what is mailed of it. On both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.domain.access import ANONYMOUS, Actor
from booking.errors import BookingError, Forbidden, InvalidInput, NotFound, TooMany
from booking.models import (
    AuditEntry,
    Invitation,
    Membership,
    Organisation,
    OutboxMessage,
    Person,
    SignIn,
)
from booking.queries.organisations import members_of, open_invitations
from booking.services.invitations import (
    LIVES,
    Accepted,
    Invited,
    accept_invitation,
    invite,
    living_invitation,
    revoke_invitation,
)
from booking.services.memberships import end_membership
from tests.support.acts import all_rows, do
from tests.support.world import NOW, World, make_world

NEWCOMER = "uusi.ihminen@example.fi"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def invited(
    database: Database,
    actor: Actor,
    world: World,
    email: str = NEWCOMER,
    role: str = "booker",
    hands_over: bool = False,
) -> Invited:
    result: Invited = do(database, invite, world.virta, email, role, hands_over, actor=actor)
    return result


def accept(
    database: Database, token: str, actor: Actor, name: str | None = None, now: Any = NOW
) -> Accepted:
    result: Accepted = do(database, accept_invitation, token, name, actor=actor, now=now)
    return result


def roles(database: Database, organisation_id: int) -> dict[str, str]:
    with reading(database) as session:
        return {row.person.name: row.role for row in members_of(session, organisation_id)}


def mails(database: Database) -> list[OutboxMessage]:
    return all_rows(database, select(OutboxMessage).order_by(OutboxMessage.id))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(BookingError) as error:
        call()
    return error.value.code


VIRTA = {"Pekka Virtanen": "owner", "Anna Virtanen": "booker"}


def test_somebody_new_accepts_becomes_a_person_and_is_signed_in(
    database: Database, world: World
) -> None:
    token = invited(database, world.pekka, world).token
    accepted = accept(database, token, ANONYMOUS, "  Uuno\u202e  Uusi ")
    assert roles(database, world.virta) == {**VIRTA, "Uuno Uusi": "booker"}
    person = all_rows(database, select(Person).where(Person.email == NEWCOMER))[0]
    assert (person.id, person.password_hash, person.is_active) == (accepted.person.id, None, True)
    assert accepted.signed_in is not None
    assert [row.person_id for row in all_rows(database, select(SignIn))] == [person.id]


def test_an_account_that_is_there_must_sign_in_and_is_never_signed_in_by_it(
    database: Database, world: World
) -> None:
    token = invited(database, world.pekka, world, " OUTI@Demo.Example ").token
    codes = {code_of(partial(accept, database, token, r, "Joku")) for r in (ANONYMOUS, world.toini)}
    assert codes == {"sign_in_to_accept"}
    assert roles(database, world.virta) == VIRTA
    accepted = accept(database, token, world.outi)
    assert roles(database, world.virta) == {**VIRTA, "Outi Outo": "booker"}
    assert (accepted.signed_in, all_rows(database, select(SignIn))) == (None, [])


def test_a_signed_in_person_accepts_for_another_address_of_theirs(
    database: Database, world: World
) -> None:
    token = invited(database, world.pekka, world, "outi.outo@work.example").token
    accept(database, token, world.outi)
    assert roles(database, world.virta)["Outi Outo"] == "booker"
    assert all_rows(database, select(Person).where(Person.email == "outi.outo@work.example")) == []


def test_an_invitation_works_once_and_for_two_weeks(database: Database, world: World) -> None:
    token = invited(database, world.pekka, world).token
    late = NOW + LIVES
    assert code_of(lambda: accept(database, token, ANONYMOUS, "U", late)) == "invitation_ended"
    accept(database, token, ANONYMOUS, "Uuno", late - timedelta(seconds=1))
    others = (token, "x" * 43, "")
    codes = {code_of(partial(accept, database, one, ANONYMOUS, "U")) for one in others}
    assert codes == {"invitation_ended"}


@pytest.mark.parametrize(
    ("name", "code"),
    [(None, "your_name_required"), (" \x00 ", "your_name_required"), ("x" * 121, "too_long_text")],
)
def test_somebody_new_says_a_name(
    database: Database, world: World, name: str | None, code: str
) -> None:
    token = invited(database, world.pekka, world).token
    assert code_of(lambda: accept(database, token, ANONYMOUS, name)) == code
    accept(database, token, ANONYMOUS, "Uuno")  # a refusal has not used it up


def test_of_two_who_accept_at_once_one_does(database: Database, world: World) -> None:
    token = invited(database, world.pekka, world).token

    def press(name: str) -> str:
        try:
            accept(database, token, ANONYMOUS, name)
        except BookingError as error:
            return error.code
        return "accepted"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(press, ("Uuno", "Kaima")))
    assert outcomes in (["accepted", "invitation_ended"], ["accepted", "sign_in_to_accept"])
    assert len(all_rows(database, select(Person).where(Person.email == NEWCOMER))) == 1
    assert len(roles(database, world.virta)) == 3


def test_a_second_invitation_ends_the_first_and_one_taken_back_is_worth_nothing(
    database: Database, world: World
) -> None:
    first = invited(database, world.pekka, world)
    second = invited(database, world.pekka, world, NEWCOMER.upper())
    assert code_of(lambda: accept(database, first.token, ANONYMOUS, "U")) == "invitation_ended"
    done = do(database, revoke_invitation, second.invitation.id, actor=world.pekka)
    assert done == world.virta
    assert code_of(lambda: accept(database, second.token, ANONYMOUS, "U")) == "invitation_ended"
    with reading(database) as session:
        assert open_invitations(session, world.virta) == []


def test_only_who_keeps_it_invites_and_takes_back(database: Database, world: World) -> None:
    for who in (world.outi, world.toini):
        with pytest.raises(NotFound):
            invited(database, who, world)
    for who in (world.anna, world.viivi, world.veli):
        with pytest.raises(Forbidden):
            invited(database, who, world)
    invitation = invited(database, world.kaisa, world).invitation
    for who in (world.outi, world.toini, world.anna, world.veli):
        with pytest.raises(NotFound):
            do(database, revoke_invitation, invitation.id, actor=who)
    do(database, revoke_invitation, invitation.id, actor=world.yllapito)


def test_who_acts_for_it_already_is_not_invited_but_may_rise(
    database: Database, world: World
) -> None:
    anna, pekka = "anna@demo.example", "pekka@demo.example"
    assert code_of(lambda: invited(database, world.pekka, world, anna)) == "already_member"
    assert code_of(lambda: invited(database, world.pekka, world, pekka)) == "already_member"
    token = invited(database, world.pekka, world, anna, "owner").token
    accept(database, token, world.anna)
    assert roles(database, world.virta) == dict.fromkeys(VIRTA, "owner")


@pytest.mark.parametrize("email", ["", "x", "a@b", "a@b.fi, c@d.fi", "a@b.fi\r\nBcc: x@y.fi"])
def test_an_invitation_goes_to_one_mailbox(database: Database, world: World, email: str) -> None:
    assert code_of(lambda: invited(database, world.pekka, world, email)) == "bad_email"


def test_thirty_invitations_a_day_are_enough(database: Database, world: World) -> None:
    for number in range(30):
        invited(database, world.pekka, world, f"u{number}@example.fi")
    with pytest.raises(TooMany):
        invited(database, world.kaisa, world)


def test_a_hand_over_ends_the_old_role_when_the_new_owner_accepts(
    database: Database, world: World
) -> None:
    token = invited(database, world.pekka, world, role="owner", hands_over=True).token
    assert roles(database, world.virta) == VIRTA  # nothing yet
    other = invited(database, world.pekka, world, "toinen@example.fi", "owner", True).token
    accept(database, token, ANONYMOUS, "Uuno Uusi")
    assert roles(database, world.virta) == {"Uuno Uusi": "owner", "Anna Virtanen": "booker"}
    told = [(mail.kind, mail.recipient) for mail in mails(database)[2:]]
    assert told == [("handed_over", NEWCOMER), ("role_ended", "pekka@demo.example")]
    # Who has handed it over has nothing more to hand over.
    assert code_of(lambda: accept(database, other, ANONYMOUS, "T")) == "invitation_ended"


def test_only_an_owner_hands_over_and_only_as_an_owner(database: Database, world: World) -> None:
    tried = ((world.kaisa, "owner"), (world.pekka, "booker"), (world.pekka, "admin"))
    codes = {
        code_of(partial(invited, database, actor, world, role=role, hands_over=True))
        for actor, role in tried
    }
    assert codes == {"bad_member_role"}


def test_a_hand_over_to_oneself_leaves_an_owner(database: Database, world: World) -> None:
    token = invited(database, world.pekka, world, "pekka@work.example", "owner", True).token
    accept(database, token, world.pekka)
    assert roles(database, world.virta) == VIRTA


def test_a_role_is_ended_by_owner_and_oneself_but_the_last_owner_stays(
    database: Database, world: World
) -> None:
    pekka, anna = world.pekka.person_id, world.anna.person_id

    def call(who: Actor, whose: int | None) -> None:
        do(database, end_membership, world.virta, whose, actor=who)

    assert code_of(lambda: call(world.pekka, pekka)) == "last_owner"
    assert code_of(lambda: call(world.anna, pekka)) == "owners_only"
    assert code_of(lambda: call(world.outi, anna)) == "not_found"
    call(world.anna, anna)
    assert (roles(database, world.virta), mails(database)) == ({"Pekka Virtanen": "owner"}, [])
    assert code_of(lambda: call(world.pekka, anna)) == "not_found"


def test_who_is_put_out_is_told_and_their_invitations_end(database: Database, world: World) -> None:
    make_owner(database, world)
    token = invited(database, world.anna, world).token
    do(database, end_membership, world.virta, world.anna.person_id, actor=world.pekka)
    assert [(mail.kind, mail.recipient) for mail in mails(database)] == [
        ("invitation", NEWCOMER),
        ("role_ended", "anna@demo.example"),
    ]
    assert code_of(lambda: accept(database, token, ANONYMOUS, "Uuno")) == "invitation_ended"


def make_owner(database: Database, world: World) -> None:
    """Let Anna own Virta too."""

    def work(session: Session) -> None:
        anna = Membership.person_id == world.anna.person_id
        session.scalars(select(Membership).where(anna)).one().role = "owner"

    transaction(database, work)
    owns = {world.virta: "owner"}
    world.actors["anna"] = dataclasses.replace(world.anna, organisations=owns)


def test_two_owners_who_leave_at_once_leave_one_behind(database: Database, world: World) -> None:
    make_owner(database, world)

    def leave(who: Actor) -> str:
        try:
            do(database, end_membership, world.virta, who.person_id, actor=who)
        except InvalidInput as error:
            return error.code
        return "left"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(leave, (world.anna, world.pekka)))
    assert outcomes == ["last_owner", "left"]
    assert list(roles(database, world.virta).values()) == ["owner"]


def test_the_token_is_in_the_mail_and_nowhere_else(database: Database, world: World) -> None:
    token = invited(database, world.pekka, world).token
    [mail] = mails(database)
    assert f"/i/{token}" in mail.body
    kept = all_rows(database, select(Invitation.token_hash))
    said = [str((row.before, row.after)) for row in all_rows(database, select(AuditEntry))]
    assert [token in text for text in (*kept, *said)] == [False, False]
    assert (mail.kind, mail.person_id, mail.cause) == ("invitation", None, "invitation:1")


def test_hostile_names_stay_within_their_lines(database: Database, world: World) -> None:
    def work(session: Session) -> None:
        session.get_one(Organisation, world.virta).name = "Virta\r\nBcc: x@y.fi \u202e<b>"

    transaction(database, work)
    invited(database, world.pekka, world)
    [mail] = mails(database)
    assert mail.subject.count("\n") + mail.subject.count("\u202e") == 0
    assert "\nBcc" not in mail.body
    assert "<b>" not in (mail.html or "")


def test_looking_at_an_invitation_changes_nothing(database: Database, world: World) -> None:
    token = invited(database, world.pekka, world).token
    with reading(database) as session:
        before = session.scalars(select(func.count(AuditEntry.id))).one()
        assert living_invitation(session, token, NOW).role == "booker"
        assert session.scalars(select(func.count(AuditEntry.id))).one() == before
