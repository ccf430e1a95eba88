"""The forms of getting in and of one's own account. Knows labels and fields; no person, no cookie and no password's rule."""

from __future__ import annotations

from wtforms import Form, HiddenField, PasswordField, StringField
from wtforms.validators import Optional

from booking.i18n import lazy_gettext as _
from booking.web.fields import AtMost, LineField, RadiosField, Required, options

LANGUAGES = (("fi", "Suomi"), ("sv", "Svenska"), ("en", "English"))
_NEEDED_CODE = _("Type the 6 digits of the code.")
_NEEDED_NAME = _("Enter your name.")


class WayForm(Form):
    """To whom a way in is mailed, and where they wanted to go.

    `of`: the link that has run out, for all that was typed before it.
    """

    email = StringField(_("E-mail address"), [Required(_("Enter your e-mail address."))])
    next = HiddenField(id="mail-next")
    of = HiddenField()


class CodeForm(Form):
    """The code of a mail; the name is asked of somebody new only, once the code is right."""

    code = LineField(_("Code"), [Required(_NEEDED_CODE)])
    name = LineField(_("Your name"), [Optional(), AtMost(120)])

    asks_name = False


class LinkForm(Form):
    """The one button of a mailed link; the name is asked of somebody new."""

    name = LineField(_("Your name"), [Optional(), AtMost(120)])


class TotpForm(Form):
    """A code of an authenticator app, and where its owner wanted to go."""

    code = LineField(_("Code from your authenticator app"), [Required(_NEEDED_CODE)])
    next = HiddenField()


class AccountForm(Form):
    """Name and language of one's own account."""

    name = LineField(_("Your name"), [Required(_NEEDED_NAME), AtMost(120)])
    locale = RadiosField(
        _("Language of the pages and mails"),
        [Required(_("Choose a language."))],
        choices=options(LANGUAGES),
    )


class PasswordForm(Form):
    """A new password; who has one gives it first."""

    current = PasswordField(_("Current password"))
    new = PasswordField(_("New password"), [Required(_("Enter a new password."))])


class RemovePasswordForm(Form):
    """No password from here on; who has one gives it first."""

    current = PasswordField(
        _("Current password"), [Required(_("Enter your current password."))], id="removed-password"
    )
