"""What CloudTrail's handlers work with."""

from dataclasses import dataclass

from penstock.audit import Journal
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class CloudTrailState:
    """The store, and the audit trail in it."""

    store: Store
    journal: Journal
