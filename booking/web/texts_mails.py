"""What refusals about mails say: code → text. Part of `booking.web.texts`."""

from __future__ import annotations

from booking.i18n import lazy_gettext as _

MAIL_TEXTS = {
    "mail_emptied": _(
        "What this message said has been removed, so it cannot be sent again. Tell its reader in another way."
    ),
    "bad_mail_setting": _("Choose one of the options for these messages."),
    "not_your_mails": _(
        "Only the coordinator of associations and the administrator look after the service's messages. Ask one of them."
    ),
}
