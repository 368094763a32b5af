"""What STS's handlers work with."""

from dataclasses import dataclass

from penstock.identities import Identities
from penstock.services.sts.key_sets import KeySets
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class StsState:
    """The store, who keeps roles and sessions, and the keys of identity providers."""

    store: Store
    identities: Identities
    key_sets: KeySets
