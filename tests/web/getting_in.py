"""Mailed links and codes as readers find them, and the first contact's form. Knows the outbox; nothing of what pages say."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sqlalchemy import select

from booking.db import reading
from booking.models import OutboxMessage
from tests.web.asking import form
from tests.web.conftest import Browser, Site

NEW = "uusi@example.fi"


class Mail(NamedTuple):
    """What a mail about getting in holds."""

    to: str
    subject: str
    body: str
    link: str
    code: str


def last_mail(site: Site) -> Mail:
    """The newest mail about getting in."""
    query = select(OutboxMessage).where(OutboxMessage.kind == "sign_in")
    with reading(site.database) as session:
        mail = session.scalars(query.order_by(OutboxMessage.id.desc()).limit(1)).one()
    link = re.search(r"http://127\.0\.0\.1:8000(/k/\S+)", mail.body)
    code = re.search(r"^ +(\d{3}) (\d{3})$", mail.body, re.MULTILINE)
    assert link
    assert code
    return Mail(mail.recipient, mail.subject, mail.body, link[1], code[1] + code[2])


def ask(
    site: Site, browser: Browser, email: str = "anna@demo.example", goal: str = "", **more: str
) -> Mail:
    """Ask for a way in by the form of the sign-in page."""
    answer = browser.post("/login/mail", {"email": email, "next": goal, **more})
    assert (answer.status_code, answer.location) == (303, "/login/code")
    return last_mail(site)


def strangers_form(site: Site, **changes: Any) -> dict[str, Any]:
    """What somebody new fills in at the first step."""
    fields = form(site, **{"own_name": "Uusi Nimi", "email": NEW, **changes})
    return {name: value for name, value in fields.items() if name != "organisation"}


def association(**changes: Any) -> dict[str, str]:
    """What they fill in of their association at the last step."""
    return {"org_name": "Uusi yhdistys ry", "org_kind": "association", "step": "3", **changes}


def hidden(page: str) -> dict[str, str]:
    """The names and values of a page's filled fields that a browser would send again, those with one value each."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        is_choice = 'type="radio"' in tag or 'type="checkbox"' in tag
        if name and value and (not is_choice or "checked" in tag):
            found[name[1]] = value[1]
    for name_, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\s?([^<]*)<', page):
        found[name_] = text.strip("\r\n")
    for name_, inner in re.findall(
        r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL
    ):
        chosen = re.search(r'<option[^>]*selected[^>]*value="([^"]*)"', inner)
        found[name_] = chosen[1] if chosen else ""
    return found
