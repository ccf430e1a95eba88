"""The register of associations as a table: found again, added, changed, refused whole. On both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, rehearsed, transaction
from booking.errors import Forbidden
from booking.models import AuditEntry, Organisation
from tests.support.tables import bring, export, refused, told
from tests.support.world import NOW, World, make_world

HEADER = "name,kind,y_tunnus,register_number,field,municipality,contact_email,responsible_name\n"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def table(*rows: str) -> str:
    return HEADER + "".join(f"{row}\n" for row in rows)


def kept(database: Database) -> list[tuple[str, str | None, str | None, str | None]]:
    with reading(database) as session:
        rows = session.scalars(select(Organisation).order_by(Organisation.id))
        return [(row.name, row.y_tunnus, row.register_number, row.field) for row in rows]


VIRTA = ("Virta ry", "0927140-5", None, None)
TOINEN = ("Toinen yhdistys", None, None, None)


def test_a_register_is_added_verified_and_twice_is_once(database: Database, world: World) -> None:
    text = table(
        "Kylätupa ry,,3221317-4,123123,village,Joensuu,tupa@example.fi,",
        "Kuoro,unregistered,,,culture,kitee,,Kaarina Kuoro",
    )
    imported = bring(database, world.kaisa, text, "organisations")
    assert [(row.act, row.external_id, row.name) for row in imported.rows] == [
        ("added", "3221317-4", "Kylätupa ry"),
        ("added", "–", "Kuoro"),
    ]
    with reading(database) as session:
        row = session.scalars(select(Organisation).where(Organisation.name == "Kuoro")).one()
        assert (row.verified_at, row.kind, row.responsible_name) == (
            NOW,
            "unregistered",
            "Kaarina Kuoro",
        )
    again = bring(database, world.kaisa, text, "organisations")
    assert again.count("unchanged") == len(again.rows) == 2


def test_one_is_found_by_number_then_by_name_and_municipality(
    database: Database, world: World
) -> None:
    text = table(
        "Virta uusi nimi ry,,FI0927140-5,45,sports,joensuu,,",
        "Toinen yhdistys,unregistered,,77,,Kitee,,Toini Toinen",
    )
    imported = bring(database, world.kaisa, text, "organisations")
    assert [[change.column for change in row.changes] for row in imported.rows] == [
        ["name", "register_number", "field"],
        ["register_number", "responsible_name"],
    ]
    assert kept(database) == [
        ("Virta uusi nimi ry", "0927140-5", "45", "sports"),
        ("Toinen yhdistys", None, "77", None),
    ]
    # By its register number now, whatever its name.
    text = table("Kolmas,unregistered,,77,,,,Toini Toinen")
    bring(database, world.kaisa, text, "organisations")
    assert kept(database)[1] == ("Kolmas", None, "77", None)


def test_the_same_name_elsewhere_or_with_another_number_is_another_one(
    database: Database, world: World
) -> None:
    text = table("Virta ry,,,,,Kitee,,", "Virta ry,,3221317-4,,,Joensuu,,")
    imported = bring(database, world.kaisa, text, "organisations")
    assert [row.act for row in imported.rows] == ["added", "added"]


def test_what_the_table_does_not_name_stays(database: Database, world: World) -> None:
    bring(database, world.kaisa, "name,field\nVirta ry,culture\n", "organisations")
    assert kept(database) == [("Virta ry", "0927140-5", None, "culture"), TOINEN]
    with reading(database) as session:
        assert session.get_one(Organisation, world.virta).municipality_id is not None


def test_all_that_is_wrong_is_told_by_row_and_nothing_is_done(
    database: Database, world: World
) -> None:
    text = table(
        "Uusi,,0927140-6,x,stars,Atlantis,ei,",
        ",,,,,,,",
        "Vastuuton,unregistered,,,,,,",
        "Virta ry,,,,,Joensuu,,",
        "Virta ry,,0927140-5,,,Joensuu,,",
    ).replace(",,,,,,,\n", " ,association,,,,,,\n")
    assert told(refused(database, world.kaisa, text, "organisations")) == [
        (2, "y_tunnus", "bad_y_tunnus"),
        (2, "register_number", "bad_register_number"),
        (2, "field", "table_choice"),
        (2, "municipality", "table_no_municipality"),
        (3, "name", "organisation_name_required"),
        (4, "responsible_name", "responsible_required"),
        (6, "name", "table_double_id"),
    ]
    assert kept(database) == [VIRTA, TOINEN]


def test_what_is_not_certain_is_refused(database: Database, world: World) -> None:
    def double(session: Session) -> None:
        town = session.get_one(Organisation, world.virta).municipality_id
        session.add_all(
            [
                Organisation(
                    name="Sama", kind="association", municipality_id=town, register_number="9"
                ),
                Organisation(
                    name="Sama", kind="association", municipality_id=town, register_number="9"
                ),
            ]
        )
        session.get_one(Organisation, world.virta).register_number = "45"

    transaction(database, double)
    text = table("Sama,,,,,joensuu,,", "Jokin,,,9,,,,", "Virta ry,,3221317-4,45,,,,")
    assert told(refused(database, world.kaisa, text, "organisations")) == [
        (2, "name", "table_several_alike"),
        (3, "register_number", "table_several_alike"),
        (4, "y_tunnus", "table_other_y_tunnus"),
    ]


def test_a_trial_leaves_nothing(database: Database, world: World) -> None:
    imported = bring(database, world.kaisa, "name\nUusi\n", "organisations", run=rehearsed)
    assert ([row.act for row in imported.rows], kept(database)) == (["added"], [VIRTA, TOINEN])


@pytest.mark.parametrize("who", ["outi", "pekka", "viivi", "veli"])
def test_only_the_coordinator_imports_and_exports(
    database: Database, world: World, who: str
) -> None:
    with pytest.raises(Forbidden):
        bring(database, world.actors[who], "name\nUusi\n", "organisations")
    with pytest.raises(Forbidden):
        export(database, world.actors[who], "organisations")
    with pytest.raises(Forbidden):
        bring(database, world.kaisa, "external_id,unit\nA,B\n")


def test_an_export_comes_back_unchanged_and_runs_no_formula(
    database: Database, world: World
) -> None:
    def hostile(session: Session) -> None:
        session.add_all(
            [
                Organisation(name="=SUMMA(A1);+b", kind="association", field="of another time"),
                Organisation(name="Mennyt", kind="association", merged_into_id=world.virta),
            ]
        )

    transaction(database, hostile)
    text = export(database, world.kaisa, "organisations")
    assert "\r\n'=SUMMA(A1);'+b," in text
    assert "Mennyt" not in text
    imported = bring(database, world.kaisa, text, "organisations")
    assert imported.count("unchanged") == len(imported.rows) == 3
    with reading(database) as session:
        assert session.scalars(select(AuditEntry)).all() == []
