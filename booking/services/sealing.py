"""Secrets that the service must be able to read again, encrypted for the database. Knows keys and bytes; not what they guard.

Fernet with several keys: the first encrypts, each decrypts. So a key is changed by putting a new one before it, and taken away
once all that it sealed has been sealed anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from booking.errors import Misconfigured

Keys = Sequence[str]


def sealed(secret: str, keys: Keys) -> str:
    """The secret as it may be kept. Raises Misconfigured without a key."""
    return _cipher(keys).encrypt(secret.encode()).decode()


def opened(kept: str, keys: Keys) -> str:
    """What `sealed` was given. Raises Misconfigured when none of the keys opens it: one was taken away too early."""
    try:
        return _cipher(keys).decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise Misconfigured(
            "None of YHTEISTILA_FERNET_KEYS opens a secret of the database. Put the key it was sealed with back at the end."
        ) from error


def is_of_first_key(kept: str, keys: Keys) -> bool:
    """Whether the first key has sealed this; what others have sealed should be sealed anew."""
    try:
        Fernet(keys[0]).decrypt(kept.encode())
    except InvalidToken:
        return False
    return True


def _cipher(keys: Keys) -> MultiFernet:
    if not keys:
        raise Misconfigured("YHTEISTILA_FERNET_KEYS is not set.")
    return MultiFernet([Fernet(key) for key in keys])
