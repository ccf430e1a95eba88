"""Pages to import and export tables as CSV: choose a file, see what it would do, do it. Knows files; no rule.

Between the two steps the file travels in the page itself (`booking.web.carried`). The second step does all the work of the first
again, so what has changed meanwhile is seen.
"""

from __future__ import annotations

from collections.abc import Collection

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
from werkzeug.datastructures import CombinedMultiDict
from wtforms import BooleanField, FileField, Form, HiddenField
from wtforms.validators import InputRequired

from booking.db import rehearsed
from booking.domain.access import Actor
from booking.domain.columns import TABLES
from booking.domain.local_time import local
from booking.domain.tables import BOM, BadTable, Fault, Table, write_table
from booking.errors import Forbidden
from booking.i18n import gettext as _
from booking.i18n import lazy_gettext, ngettext
from booking.services.imports import (
    Imported,
    ImportRefused,
    import_table,
    read_import,
)
from booking.services.tables import exported, tables_of
from booking.web import edge
from booking.web.carried import packed, unpacked
from booking.web.faults import ids_in
from booking.web.fields import RadiosField, Required, options
from booking.web.reader import known_actor
from booking.web.security import takes_upload
from booking.web.table_texts import (
    ENCODINGS,
    KINDS,
    SEPARATORS,
    booking_in_words,
    columns_in_words,
    text_of_fault,
)

blueprint = Blueprint("tables", __name__)

MAX_BYTES = 2_000_000
# A page is looked at and saved while others wait to book: that must not take longer than a few seconds.
MAX_ROWS = 1_000
# The file and what a form adds to it, or the file packed; the largest that can't be packed is a third longer then.
_MAX_BODY = 3_000_000
# Rows that a person will look at; the rest is counted.
_SHOWN_ROWS = 200


class FileForm(Form):
    """A file, and what it is a table of; `offer` says what it may be."""

    kind = RadiosField(
        lazy_gettext("What is in the file"),
        [Required(lazy_gettext("Choose what is in the file."))],
        choices=[],
    )
    file = FileField(lazy_gettext("CSV file"), [InputRequired(lazy_gettext("Choose a CSV file."))])

    def offer(self, kinds: Collection[str]) -> FileForm:
        """Set the choices; the form itself."""
        self.kind.choices = options((kind, KINDS[kind]) for kind in kinds)
        return self


class SaveForm(Form):
    """A file that was looked at, with the bookings that may break by it."""

    kind = HiddenField()
    content = HiddenField()
    accepted = HiddenField()
    accept = BooleanField(
        lazy_gettext("Import all the same. I will talk to those who have booked.")
    )


@blueprint.url_value_preprocessor
def let_field_through(_endpoint: str | None, _values: object) -> None:
    """Let one field be as large as the body may: a packed file. How large that is, `takes_upload` says."""
    request.max_form_memory_size = _MAX_BODY


@blueprint.get("/staff/import")
def choose() -> str:
    """Ask for a file, and tell what may stand in one."""
    kinds = tables_of(_keeper())
    return _choose_page(FileForm(kind=kinds[0]).offer(kinds))


@blueprint.post("/staff/import")
@takes_upload(_MAX_BODY)
def preview() -> ResponseReturnValue:
    """Show what a file would do, row by row; nothing is kept."""
    asking = _keeper()
    form = FileForm(CombinedMultiDict([request.form, request.files])).offer(tables_of(asking))
    if not form.validate():
        return make_response(_choose_page(form), 422)
    content = form.file.data.read(MAX_BYTES + 1)
    return _tried(form, content, (), asking)


@blueprint.get("/staff/import/save")
def begin_again() -> ResponseReturnValue:
    """Who was sent to sign in on the way chooses the file again."""
    return redirect(url_for("tables.choose"), 303)


@blueprint.post("/staff/import/save")
@takes_upload(_MAX_BODY)
def save() -> ResponseReturnValue:
    """Do what was shown. What can no longer be done is shown anew."""
    asking = _keeper()
    form = SaveForm(request.form)
    kind = form.kind.data or ""
    content = unpacked(form.content.data or "", kind)
    if kind not in tables_of(asking) or content is None:
        flash(_("The file could not be read any more. Choose it again."))
        return redirect(url_for("tables.choose"), 303)
    accepted = ids_in(form.accepted.data or "") if form.accept.data else frozenset()
    try:
        table = _read(kind, content)
        imported = edge.write(
            lambda session: import_table(
                session, kind, table, accepted, actor=asking, now=edge.now()
            )
        )
    except BadTable:
        return _tried(FileForm(kind=kind).offer(tables_of(asking)), content, accepted, asking)
    flash(_counts(imported))
    of_units = kind != "organisations"
    return redirect(url_for("staff.rooms" if of_units else "organisations.show_all"), 303)


@blueprint.get("/staff/export/<any(rooms, closures, organisations):kind>.csv")
def export(kind: str) -> Response:
    """What the reader keeps of this kind; `for=excel` as a Finnish spreadsheet program opens it by itself."""
    asking = known_actor()
    for_excel = request.args.get("for") == "excel"
    columns = [column.name for column in TABLES[kind]]
    with edge.read() as session:
        rows = list(exported(session, kind, actor=asking))
    text = "".join(write_table(columns, rows, ";" if for_excel else ","))
    answer = Response(f"{BOM}{text}" if for_excel else text, mimetype="text/csv")
    name = f"{kind}-{local(edge.now()).date()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _read(kind: str, content: bytes) -> Table:
    """The table in a file, if a page can take it. Raises BadTable."""
    too_many = BadTable([Fault(0, "", "table_too_many_rows_for_a_page", {"limit": MAX_ROWS})])
    try:
        table = read_import(kind, content, MAX_BYTES)
    except BadTable as error:
        # More than anybody may import at once; the limit to tell is this page's own.
        if error.faults[0].code == "table_too_many_rows":
            raise too_many from error
        raise
    if len(table) > MAX_ROWS:
        raise too_many
    return table


def _keeper() -> Actor:
    asking = known_actor()
    if not tables_of(asking):
        raise Forbidden("forbidden")
    return asking


def _tried(
    form: FileForm, content: bytes, accepted: Collection[int], asking: Actor
) -> ResponseReturnValue:
    """The page that says what would come of a file, or what is wrong with it."""
    kind, now = str(form.kind.data), edge.now()
    try:
        table = _read(kind, content)
    except BadTable as error:
        return make_response(_choose_page(form, error), 422)
    refused = None
    try:
        imported = rehearsed(
            edge.edge().database,
            lambda session: import_table(session, kind, table, accepted, actor=asking, now=now),
        )
    except ImportRefused as error:
        if any(fault.code != "table_breaks_bookings" for fault in error.faults):
            return make_response(_choose_page(form, error, table), 422)
        refused, imported = error, error.imported
    page = render_template(
        "staff/import_preview.html",
        kind=kind,
        kind_name=KINDS[kind],
        understood=_understood(table),
        counts=_counts(imported),
        rows=[row for row in imported.rows if row.act != "unchanged"][:_SHOWN_ROWS],
        hidden=max(0, len(table) - imported.count("unchanged") - _SHOWN_ROWS),
        breaks=_breaks(refused),
        form=SaveForm(
            kind=kind,
            content=packed(content, kind),
            accepted=" ".join(f"{one.booking_id}" for one in refused.broken) if refused else "",
        ),
        failed=refused is not None,
    )
    return make_response(page, 409 if refused else 200)


def _choose_page(
    form: FileForm, refused: BadTable | None = None, table: Table | None = None
) -> str:
    kinds = tables_of(known_actor())
    return render_template(
        "staff/import.html",
        form=form,
        faults=[
            (fault.row, fault.column, text_of_fault(fault))
            for fault in (refused.faults if refused else ())
        ],
        more=refused.more if refused else 0,
        understood=_understood(table) if table else "",
        columns={kind: list(columns_in_words(kind)) for kind in kinds},
        kinds={kind: KINDS[kind] for kind in kinds},
        failed=refused is not None or bool(form.errors),
    )


def _breaks(refused: ImportRefused | None) -> list[tuple[int, list[str]]]:
    """Rows with the bookings that they would break, in words."""
    if refused is None:
        return []
    return [
        (fault.row, [booking_in_words(one) for one in fault.params["bookings"]])
        for fault in refused.faults
    ]


def _understood(table: Table) -> str:
    """How a file was read, so that a person can see that it was read as it was meant."""
    rows = ngettext("%(num)s row", "%(num)s rows", len(table))
    return f"{ENCODINGS[table.encoding]}, {SEPARATORS[table.separator]}, {rows}"


def _counts(imported: Imported) -> str:
    return _(
        "Added: %(added)s. Changed: %(changed)s. Unchanged: %(unchanged)s.",
        added=imported.count("added"),
        changed=imported.count("changed"),
        unchanged=imported.count("unchanged"),
    )
