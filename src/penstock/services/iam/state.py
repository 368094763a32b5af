"""What IAM's handlers work with."""

from dataclasses import dataclass

from penstock.store import Store


@dataclass(frozen=True, slots=True)
class IamState:
    """The store."""

    store: Store
