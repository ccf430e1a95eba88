"""What refusals of privacy say: erasing oneself, lengths of keeping, feedback. Knows codes; no page and no rule."""

from __future__ import annotations

from booking.i18n import lazy_gettext as _

PRIVACY_TEXTS = {
    "erase_coming_bookings": _(
        "You are the contact person of bookings to come: %(count)s. Write somebody else as their contact person on their pages, "
        "or cancel them."
    ),
    "erase_last_owner": _(
        "You are the only owner of an association that has other people too: %(organisations)s. "
        "Hand it over to one of them first, on the page of the association."
    ),
    "erase_responsible": _(
        "You are the responsible person of an association that has other people too: %(organisations)s. "
        "Write another responsible person on the page of the association first."
    ),
    "erase_last_admin": _("You are the only administrator. Give somebody else this role first."),
    "erase_not_confirmed": _("Tick that you want to erase your account for good."),
    "idle_longer_than_audit": _(
        "Idle accounts cannot be kept for longer than the record of who did what, which tells whether they are in use. "
        "Shorten this one, or lengthen the other."
    ),
    "feedback_required": _("Write what does not work, and on which page."),
}
