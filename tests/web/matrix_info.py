"""The rows of the matrix for the pages about the service itself: for everybody, for oneself, for the administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from booking.domain.retention import RULES

if TYPE_CHECKING:
    from tests.web.matrix import Scene

DAYS = {rule.key: str(rule.days) for rule in RULES}
# What everybody gets.
PUBLIC = {
    "GET privacy.show": 200,
    "GET statement.show": 200,
    "POST statement.tell": 303,
    "GET help.show": 200,
    "GET help.guide jarjestot": 200,
    "GET help.guide kasittelijat": 200,
    "GET help.guide koordinaattorit": 200,
    "GET help.glossary": 200,
}
# What everybody known gets, of their own. (Nobody is erased here: the tick is missing.)
OWN = {
    "GET own_data.show": 200,
    "GET own_data.download": 200,
    "GET own_data.consider": 200,
    "POST own_data.erase": 422,
}
ADMIN = {"GET retention.show": 200, "POST retention.save": 303}
CALLS: dict[str, Callable[[Scene], tuple[str, dict[str, Any] | None]]] = {
    "GET privacy.show": lambda s: ("/tietosuoja", None),
    "GET statement.show": lambda s: ("/saavutettavuus", None),
    "POST statement.tell": lambda s: ("/saavutettavuus", {"text": "Väri erottuu huonosti"}),
    "GET help.show": lambda s: ("/ohje", None),
    "GET help.guide jarjestot": lambda s: ("/ohje/jarjestot", None),
    "GET help.guide kasittelijat": lambda s: ("/ohje/kasittelijat", None),
    "GET help.guide koordinaattorit": lambda s: ("/ohje/koordinaattorit", None),
    "GET help.glossary": lambda s: ("/ohje/sanasto", None),
    "GET own_data.show": lambda s: ("/account/data", None),
    "GET own_data.download": lambda s: ("/account/data.json", None),
    "GET own_data.consider": lambda s: ("/account/data/erase", None),
    "POST own_data.erase": lambda s: ("/account/data/erase", {}),
    "GET retention.show": lambda s: ("/admin/retention", None),
    "POST retention.save": lambda s: ("/admin/retention", dict(DAYS)),
}
