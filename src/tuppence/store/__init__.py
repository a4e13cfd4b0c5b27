"""The database: how it is opened, its tables and their migrations, and who is alive beside us."""

from tuppence.store.engine import Store
from tuppence.store.processes import Presence, living_processes
from tuppence.store.schema import StoreBusy, StoreUnusable

__all__ = ["Presence", "Store", "StoreBusy", "StoreUnusable", "living_processes"]
