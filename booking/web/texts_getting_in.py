"""What refusals about getting in, accounts and first contact say to a person. Merged into the one table (`booking.web.texts`)."""

from __future__ import annotations

from booking.i18n import lazy_gettext as _

GETTING_IN = {
    "link_used_up": _(
        "This link can no longer be used: it has been used already, it is older than 15 minutes, or a newer one has been sent. "
        "Use the newest mail, or ask for a new one."
    ),
    "code_used_up": _(
        "The code can no longer be used: it is older than 15 minutes, a newer one has been sent, or too many were wrong. "
        "Use the newest mail, or ask for a new one."
    ),
    "wrong_code": _("The code is wrong. Type the 6 digits of the newest mail."),
    "account_closed": _(
        "The account of this e-mail address has been closed. Ask the coordinator of associations to open it again."
    ),
    "own_name_required": _("Enter your name."),
    "too_many_mails": _(
        "So many mails have been asked for that we send no more just now. Look for the newest one, also among the spam, "
        "or try again in %(retry_after)s."
    ),
    "sign_in_over": _("This sign-in has ended. Sign in again."),
    "too_many_wrong_codes": _(
        "There were too many wrong codes, so the sign-in has ended. Sign in again."
    ),
    "wrong_totp": _(
        "The code is wrong or has been used already. Wait for the next one in your authenticator app and type its 6 digits."
    ),
    "second_factor_in_use": _(
        "You have a second factor already. Take it away first, if you want to use another device."
    ),
    "no_second_factor_begun": _(
        "Nothing has been begun here. Open the page of your account and begin anew."
    ),
    "wrong_password": _(
        "The current password is wrong. Type it again, or sign in with a mailed link."
    ),
    "bad_password": _("Choose a password of at least %(shortest)s characters; at most 1,000."),
    "guessable_password": _(
        "This password is easy to guess. Choose a longer one, for example four words that do not belong together."
    ),
    "unregistered_may_not_book": _(
        "In this county only registered associations may book rooms. Ask the coordinator of associations."
    ),
}
