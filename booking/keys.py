"""Keys that sign and encrypt: whether they are safe to serve with, and the demo's own. Knows settings and files, no cipher."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from booking.config import SECRET_LENGTH, Settings
from booking.errors import Misconfigured

_FERNET_BYTES = 32
_DRAWN_BYTES = 12  # of 32 drawn by lot, at least so many differ


def demand_secret(settings: Settings) -> None:
    """Raise Misconfigured unless the secret keys are there, long enough and nobody's example."""
    _demand_signing(settings)
    _demand_encrypting(settings)


def _demand_encrypting(settings: Settings) -> None:
    how = (
        "Make one with: python3 -c "
        "'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
    )
    if not settings.fernet_keys:
        raise Misconfigured(f"YHTEISTILA_FERNET_KEYS is not set. {how}")
    for key in settings.fernet_keys:
        try:
            raw = base64.b64decode(key, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != _FERNET_BYTES:
            raise Misconfigured(f"YHTEISTILA_FERNET_KEYS holds something that is no key. {how}")
        # Bytes drawn by lot are never all text, nor one byte again and again.
        if len(set(raw)) < _DRAWN_BYTES or raw.isascii():
            raise Misconfigured(
                f"YHTEISTILA_FERNET_KEYS looks like an example, not like a key. {how}"
            )


def _demand_signing(settings: Settings) -> None:
    how = "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
    if not settings.secret_key:
        raise Misconfigured(f"YHTEISTILA_SECRET_KEY is not set. {how}")
    keys = {"YHTEISTILA_SECRET_KEY": [settings.secret_key]}
    keys["YHTEISTILA_SECRET_KEY_FALLBACKS"] = list(settings.secret_key_fallbacks)
    for name, values in keys.items():
        for value in values:
            if len(value) < SECRET_LENGTH:
                raise Misconfigured(f"{name} is shorter than {SECRET_LENGTH} characters. {how}")
            # Examples from documentation are long and easily guessed: words, or one character again and again.
            if len(set(value)) < 10 or re.search(
                "secret|change|example|password|default", value, re.IGNORECASE
            ):
                raise Misconfigured(f"{name} looks like an example, not like a secret. {how}")


def kept_secret(data: Path) -> str:
    """The demo's secret, kept in the data folder so that sign-ins outlive a restart; made at first.

    Two demos that start at once on one folder get the same one.
    """
    return _kept(data, "demo-secret", secrets.token_hex(32))


def kept_fernet_key(data: Path) -> str:
    """The demo's key for secrets in its database, kept in the same way."""
    key = base64.urlsafe_b64encode(secrets.token_bytes(_FERNET_BYTES)).decode()
    return _kept(data, "demo-fernet-key", key)


def _kept(data: Path, name: str, made: str) -> str:
    data.mkdir(parents=True, exist_ok=True)
    path = data / name
    draft = data / f".{name}-{secrets.token_hex(8)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made)
    try:
        # A link is refused when the name is taken, and never shows a file that is half written.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
