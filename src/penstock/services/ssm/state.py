"""What the handlers of Parameter Store work with."""

from dataclasses import dataclass

from penstock.server import Caller
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class SsmState:
    """The store, and the way to the secrets that parameters refer to."""

    store: Store
    call: Caller
