"""How long personal data is kept: the rules, their usual lengths and the lengths the county may choose. Pure; knows no row.

What each rule does to rows is written in `booking.services.retention`, the words for it in `booking.web.privacy_words`. All
lengths are assumed: the county's records plan and its data protection officer decide, and an administrator sets them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.errors import Refusal

# What stands where a name, an address or a text of somebody's was. `words.person` says the first in the reader's language.
ERASED_NAME = "erased person"
ERASED_EMAIL = "erased@invalid"
ERASED_TEXT = "–"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done with rows `days` days after they were last needed; `columns` are those it empties ("table.column").

    `number` names the rule in the audit and never changes. `batch` rows at most are done in one transaction.
    """

    key: str
    number: int
    days: int
    shortest: int
    longest: int
    columns: tuple[str, ...]
    batch: int = 500

    @property
    def setting(self) -> str:
        """The key of the county's own length."""
        return f"{self.key}_days"


RULES = (
    # They are often health data: SECURITY allows 30 days after the date, not more.
    Rule("needs", 1, 30, 1, 30, ("booking.needs", "booking.needed_features")),
    Rule(
        "booking_contacts",
        2,
        730,
        90,
        3650,
        ("booking.contact_name", "booking.contact_email"),
    ),
    # Ten years: assumed, as the county keeps its other decisions.
    Rule(
        "old_bookings",
        3,
        3650,
        1825,
        18250,
        (
            "booking.title",
            "booking.decided_by_name",
            "calendar_text.summary",
            "calendar_text.text",
        ),
    ),
    Rule(
        "idle_persons",
        4,
        1095,
        365,
        3650,
        ("person.email", "person.name", "person.title"),
        # An erasure looks through all bookings for an address: others who write wait for one at a time (0.4 s beside 400 000).
        batch=1,
    ),
    Rule(
        "mails",
        5,
        90,
        30,
        365,
        (
            "outbox_message.recipient_name",
            "outbox_message.recipient",
            "outbox_message.subject",
            "outbox_message.body",
            "outbox_message.html",
            "outbox_message.calendar",
        ),
    ),
    Rule("waiting", 6, 90, 30, 730, ()),
    Rule("reports", 7, 730, 90, 3650, ("report.email", "report.text")),
    Rule("invitations", 8, 90, 30, 365, ("invitation.email",)),
    # Five years (SECURITY 2, "by county rules"). Not shorter than three: it also tells who has been idle.
    Rule("audit", 9, 1826, 1095, 5479, ("audit_entry.actor_name",)),
)
BY_KEY: Mapping[str, Rule] = {rule.key: rule for rule in RULES}


def days_kept(chosen: Mapping[str, int]) -> dict[str, int]:
    """Days by the key of each rule; `chosen` holds the county's own lengths, by the key of their setting."""
    return {rule.key: chosen.get(rule.setting, rule.days) for rule in RULES}


def length_faults(days: Mapping[str, int]) -> list[Refusal]:
    """What is wrong with lengths, by the key of their rule."""
    faults = [
        Refusal("number_out_of_range", rule.key, {"lowest": rule.shortest, "highest": rule.longest})
        for rule in RULES
        if not rule.shortest <= days[rule.key] <= rule.longest
    ]
    if not faults and days["idle_persons"] > days["audit"]:
        # Whether an account was in use is read from the audit: a shorter one would make its owner look idle.
        faults.append(Refusal("idle_longer_than_audit", "idle_persons"))
    return faults
