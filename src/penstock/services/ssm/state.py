"""What the handlers of Parameter Store work with."""

from dataclasses import dataclass

from penstock.server import Caller
from penstock.services.customer_keys import CustomerKeys
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class SsmState:
    """The store, the way to the secrets that parameters refer to, and to the keys that they are encrypted with."""

    store: Store
    call: Caller
    keys: CustomerKeys
