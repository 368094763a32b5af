"""What STS's handlers work with."""

from dataclasses import dataclass

from penstock.identities import Identities
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class StsState:
    """The store, and who keeps roles and sessions."""

    store: Store
    identities: Identities
