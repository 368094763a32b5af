"""From a change to whoever must know.

It promises: an emitted change, its event row, the rules it matched and every delivery into this store are one
transaction; what leaves the store is leased, retried by AWS's ladder, and ends delivered or dead-lettered with a
reason that the ledger keeps. May import: access, store, wire, matching, the ground.
"""

from penstock.delivery.change import ObjectChange
from penstock.delivery.job import Attempt, Job, Outcome
from penstock.delivery.outbox import Delivery, record_attempt
from penstock.delivery.rule import Rule, encode_key
from penstock.delivery.target import (
    DestinationError,
    ForbiddenDestination,
    LeasedTarget,
    Message,
    MissingDestination,
    Source,
    StoredTarget,
    Target,
)
from penstock.delivery.worker import Worker

__all__ = [
    "Attempt",
    "Delivery",
    "DestinationError",
    "ForbiddenDestination",
    "Job",
    "LeasedTarget",
    "Message",
    "MissingDestination",
    "ObjectChange",
    "Outcome",
    "Rule",
    "Source",
    "StoredTarget",
    "Target",
    "Worker",
    "encode_key",
    "record_attempt",
]
