"""What IAM's handlers work with."""

from dataclasses import dataclass

from penstock.clock import Ids
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class IamState:
    """The store, and where random ids come from."""

    store: Store
    ids: Ids
