"""Tokens that show that a write comes from a page of ours: what another site makes a browser send lacks one."""

import hashlib
import hmac
import secrets

from tuppence.access.secrets import KeyFile
from tuppence.access.sessions import Session

_PURPOSE = "csrf"
_SALT_DIGITS = 32


def csrf_token(keys: KeyFile, session: Session) -> str:
    """A token for the session's pages. Each is another, so that compression tells nothing; all stay good."""
    salt = secrets.token_hex(_SALT_DIGITS // 2)
    return salt + _signature(keys.signing_key(_PURPOSE), salt, session)


def csrf_ok(keys: KeyFile, session: Session, token: str) -> bool:
    """Whether the token was made for this session. Takes as long for any wrong token of the same length."""
    salt, signature = token[:_SALT_DIGITS], token[_SALT_DIGITS:].encode("utf-8", "replace")
    expected = [_signature(key, salt, session).encode() for key in keys.signing_keys(_PURPOSE)]
    return any(hmac.compare_digest(one, signature) for one in expected)


def _signature(key: bytes, salt: str, session: Session) -> str:
    return hmac.new(key, f"{salt} {session.id}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
