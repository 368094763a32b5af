"""What S3's handlers work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from penstock.access import Principal, SignedText, SignedTextV2
from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.services.customer_keys import CustomerKeys
from penstock.services.s3.files import Files
from penstock.store import BodyStore, Store, Sweeper


@dataclass(frozen=True, slots=True)
class S3State:
    """The store, the bodies that are files, the keys of KMS, the rules, and who knows the signer of a text.

    ``watch_requests`` is called once a bucket has asked for its requests to be counted.
    """

    store: Store
    clock: Clock
    ids: Ids
    bodies: BodyStore
    files: Files
    keys: CustomerKeys
    delivery: Delivery
    sweeper: Sweeper
    signer: Callable[[SignedText | SignedTextV2], Awaitable[Principal]]
    watch_requests: Callable[[], None]
