"""Who the tests sign in."""

from datetime import datetime, timedelta

from tuppence.access.attempts import Attempts
from tuppence.access.entrances import sign_in
from tuppence.access.passwords import Passwords
from tuppence.access.sessions import SignedIn
from tuppence.store import Store
from tuppence.store.tables import now

ANNAS_PASSWORD = "four words in a row"
BENS_PASSWORD = "another good sentence"
ADDRESS = "192.0.2.7"


async def enter(store: Store, passwords: Passwords, name: str, password: str) -> SignedIn:
    """Sign in where nobody has tried before."""
    return await sign_in(store, passwords, Attempts(), name, password, address=ADDRESS)


def later(**span: float) -> datetime:
    """A moment that much after the present one."""
    return now() + timedelta(**span)
