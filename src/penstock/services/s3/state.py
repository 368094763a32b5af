"""What S3's handlers work with."""

from dataclasses import dataclass

from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.services.s3.files import Files
from penstock.store import BodyStore, Store


@dataclass(frozen=True, slots=True)
class S3State:
    """The store, the bodies that are files, and the rules."""

    store: Store
    clock: Clock
    ids: Ids
    bodies: BodyStore
    files: Files
    delivery: Delivery
