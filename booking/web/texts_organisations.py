"""What refusals about associations and who acts for them say. Knows codes; merged into `booking.web.texts`."""

from __future__ import annotations

from booking.i18n import lazy_gettext as _

ORGANISATION_TEXTS = {
    "bad_y_tunnus": _(
        "We did not understand the business ID. It has seven digits, a hyphen and a check digit, like 0927140-5. "
        "Check the digits, or leave it empty."
    ),
    "bad_register_number": _(
        "We did not understand the register number. It has at most six digits, like 123.123. Check it, or leave it empty."
    ),
    "organisation_name_required": _("Enter the name of the association."),
    "organisation_known": _(
        "An association with this business ID is here already. Ask its people to invite you, or ask the coordinator of "
        "associations."
    ),
    "responsible_required": _(
        "Enter who is responsible. An unregistered association cannot make commitments itself, so a person does."
    ),
    "organisation_at_rest": _(
        "The association is at rest and cannot ask for rooms now. Its page says why and whom to contact."
    ),
    "owners_only": _(
        "Only an owner of the association can do this. Ask one of its owners, or the coordinator of associations."
    ),
    "coordinator_only": _("Only the coordinator of associations can do this. Ask the coordinator."),
    "already_merged": _(
        "This association has been joined with another meanwhile. Open its page again to see which."
    ),
    "same_organisation": _("These two are the same association already. Choose another one."),
    "already_member": _(
        "This person acts for the association already. You see everyone who does on the association's page."
    ),
    "bad_member_role": _("Choose what the person may do: book, or also keep the association."),
    "last_owner": _(
        "The association needs at least one owner. Hand it over to a new contact person first, or make somebody else an owner."
    ),
    "invitation_ended": _(
        "This invitation is no longer valid: it has been used or taken back, or its time has run out. "
        "Ask the association to invite you again."
    ),
    "sign_in_to_accept": _(
        "There is an account with the address this invitation was sent to. Sign in to that account to accept."
    ),
    "your_name_required": _("Enter your name."),
    "stale_organisation": _(
        "Somebody has changed the association meanwhile. Look at it as it is now, then decide."
    ),
}
