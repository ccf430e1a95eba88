"""An administrator sees and sets how long personal data is kept, and what the next night would remove. Knows forms; no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from booking.domain.access import Actor
from booking.domain.retention import RULES
from booking.errors import InvalidValues
from booking.i18n import gettext as _
from booking.services.retention import kept_days, last_runs, preview, set_kept_days
from booking.services.upkeep import require_admin
from booking.web import edge
from booking.web.faults import place_faults
from booking.web.privacy import end_in_words
from booking.web.privacy_forms import RetentionForm
from booking.web.reader import known_actor

blueprint = Blueprint("retention", __name__)


@dataclass(frozen=True)
class ShownRule:
    """A rule as the page shows it: what it does, the lengths allowed, how many rows it would change now, when it last did."""

    key: str
    does: str
    usual: int
    shortest: int
    longest: int
    due: int
    last: datetime | None


@blueprint.get("/admin/retention")
def show() -> ResponseReturnValue:
    """Each rule with its length, and what it would do now."""
    _admin()
    with edge.read() as session:
        days = kept_days(session)
    return _page(RetentionForm(data=days), days, 200)


@blueprint.post("/admin/retention")
def save() -> ResponseReturnValue:
    """Save the lengths; or, by the button that says so, only count what they would do."""
    asking, form = _admin(), RetentionForm(request.form)
    with edge.read() as session:
        kept = kept_days(session)
    if not form.validate():
        return _page(form, kept, 422)
    days = form.days()
    if request.form.get("act") == "count":
        return _page(form, days, 200, is_trial=True)
    try:
        edge.write(lambda rows: set_kept_days(rows, days, actor=asking, now=edge.now()))
    except InvalidValues as error:
        return _page(form, kept, 422, place_faults(form, error))
    flash(_("The changes have been saved."))
    return redirect(url_for("retention.show"), 303)


def _page(
    form: RetentionForm,
    days: Mapping[str, int],
    status: int,
    reasons: Sequence[str] = (),
    is_trial: bool = False,
) -> Response:
    with edge.read() as session:
        counts = preview(session, edge.now(), days)
        runs = last_runs(session)
    rules = [
        ShownRule(
            rule.key,
            end_in_words(rule.key, days),
            rule.days,
            rule.shortest,
            rule.longest,
            counts[rule.key],
            runs.by_rule.get(rule.key),
        )
        for rule in RULES
    ]
    page = render_template(
        "admin/retention.html",
        form=form,
        rules=rules,
        runs=runs,
        reasons=reasons,
        is_trial=is_trial,
        failed=status >= 400,
    )
    return make_response(page, status)


def _admin() -> Actor:
    asking = known_actor()
    require_admin(asking)
    return asking
