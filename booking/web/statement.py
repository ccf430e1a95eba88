"""The accessibility statement of these pages, and feedback on them without an account. Knows the form; the answer is the staff's.

Digital services act (306/2019): a statement (10 §), a channel for feedback answered within 14 days (11 §), Traficom supervises.
What it says of testing is what the tests do: `tests/web/browser/test_a11y.py` and its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

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

from booking.domain.local_time import local
from booking.errors import InvalidInput, TooMany
from booking.i18n import current_locale, day_in_words
from booking.i18n import gettext as _
from booking.services.limits import FEEDBACK, reserve
from booking.services.reports import ANSWERED_WITHIN, OF_PAGES, add_report
from booking.web import edge
from booking.web.privacy_forms import FeedbackForm
from booking.web.reader import actor
from booking.web.security import client
from booking.web.texts import text_of, text_of_error

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

blueprint = Blueprint("statement", __name__)

# The day on which somebody last went through what the statement says.
REVIEWED = date(2026, 11, 24)


@blueprint.get("/saavutettavuus")
def show() -> ResponseReturnValue:
    """The statement, with the form for feedback."""
    return _page(FeedbackForm(), 200)


@blueprint.post("/saavutettavuus")
def tell() -> ResponseReturnValue:
    """Take feedback on these pages, from anybody; one client may give so much of it in a while."""
    form, reading, now = FeedbackForm(request.form), actor(), edge.now()
    if not form.validate():
        return _page(form, 422)

    def work(session: Session) -> date:
        if not edge.settings().demo:
            reserve(session, FEEDBACK, client(), now)
        report = add_report(
            session,
            OF_PAGES,
            form.text.data or "",
            email=None if reading.is_known else form.email.data,
            locale=current_locale(),
            actor=reading,
            now=now,
        )
        return report.due_on

    try:
        due_on = edge.write(work)
    except InvalidInput as error:
        form[error.params["field"]].errors = [text_of(error.code, **error.params)]
        return _page(form, 422)
    except TooMany as error:
        answer = _page(form, 429, [text_of_error(error)])
        answer.headers["Retry-After"] = str(error.params["retry_after_seconds"])
        return answer
    flash(_thanks(due_on, bool(reading.email or form.email.data)))
    return redirect(url_for("statement.show"), 303)


def _thanks(due_on: date, has_address: bool) -> str:
    if has_address:
        return _("Thank you. We will answer by %(day)s at the latest.", day=day_in_words(due_on))
    return _("Thank you. We read every message. You left no address, so we cannot answer you.")


def _page(form: FeedbackForm, status: int, reasons: Sequence[str] = ()) -> Response:
    page = render_template(
        "info/statement.html",
        form=form,
        reasons=reasons,
        reviewed=REVIEWED,
        due_on=local(edge.now() + ANSWERED_WITHIN).date(),
        days=ANSWERED_WITHIN.days,
        failed=status >= 400,
    )
    return make_response(page, status)
