"""Long random secrets. Their SHA-256 is what the database keeps: nobody guesses 256 bits, however fast the hash."""

import hashlib
import secrets


def new_token() -> str:
    """A secret of 256 random bits, in characters that may stand in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a secret: its SHA-256, in 64 hexadecimal digits. Takes any text, as anybody may send any."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
