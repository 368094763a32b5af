"""The life that every service has, and what every service is built from.

A service is its folder, one line in ``app`` and one in the import contract; nothing outside the folder knows its name.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, NamedTuple, cast

from penstock.access import RootCredential, Wording
from penstock.audit import Journal
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.delivery import Delivery, Target, TraceKey
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.measurements import Measurements
from penstock.server import (
    Call,
    Caller,
    Command,
    Headers,
    Observer,
    Operation,
    Operations,
    Page,
    Params,
    Resource,
    Trail,
)
from penstock.services.customer_keys import CustomerKeys
from penstock.services.source import SourceKind
from penstock.store import FileBodies, ReadTx, Room, Store
from penstock.supervisor import Supervisor
from penstock.wire import WireRequest

Refs = Callable[[ReadTx], Iterable[str]]
"""Returns the bodies that rows name."""


def lacking(what: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Returns what a service lacks by operation, given the operations by what they would need."""
    return {operation: thing for thing, operations in what.items() for operation in operations}


class Ranked(NamedTuple):
    """Which resources of a service have a priority and a group key, as tags: how their ARNs' last part begins.

    ``listing`` is the operation that lists tags; ``member`` names in it, in TagResource and in UntagResource what has
    them.
    """

    kinds: tuple[str, ...]
    listing: str
    member: str


class Gauge(NamedTuple):
    """A number that goes up and down, and what it is the number of."""

    value: float
    help: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What every service is built from.

    ``call`` reaches the other services' operations. ``endpoint`` is this server's base URL, for processes that come
    back to it; ``ca_bundle`` the authorities that they are to trust there, when it speaks TLS; ``runtime`` the host and
    port where it answers the Runtime API without TLS, ``extension_port`` where it gives functions secrets. ``roots``
    are the accounts' long-term keys, the default account's first. ``sources`` are what functions can be fed from, once
    every service has been made. ``trace_key`` proves which trace headers functions were given. ``keys`` are KMS's, for
    what is encrypted with them. ``measurements`` is where AWS's metrics are counted, ``journal`` keeps the audit trail.
    """

    config: Config
    clock: Clock
    ids: Ids
    store: Store
    bodies: FileBodies
    delivery: Delivery
    trace_key: TraceKey
    supervisor: Supervisor
    identities: Identities
    keys: CustomerKeys
    measurements: Measurements
    journal: Journal
    call: Caller
    endpoint: str
    runtime: str
    extension_port: int
    ca_bundle: Path | None
    roots: tuple[RootCredential, ...]
    sources: Mapping[str, SourceKind]


class Service:
    """One AWS service of one server; a service overrides what is not so with it.

    Its life: made with ``Parts``; ``start`` once the store is open; ``drain`` before the store is closed. Work in the
    background runs under ``parts.supervisor``.
    """

    name: ClassVar[str]
    """Its name in ARNs, credential scopes and IAM actions: ``s3``, ``sqs``, ``lambda``."""

    model: ClassVar[str]
    """Its folder in botocore's data."""

    room: ClassVar[Room | None] = None
    """Where its migrations are, when it keeps state."""

    operations: Operations
    """What it declares, by AWS's names."""

    lacks: ClassVar[Mapping[str, str]] = {}
    """The operations that it refuses by name, and what it lacks for each; ``lacking`` turns it round."""

    validation_code: ClassVar[str | None] = None
    """The code of AWS's "1 validation error detected…" answer in this service; None: handlers check by themselves."""

    wording: ClassVar[Wording | None] = None
    """How the service words refusals, when not as others of its protocol."""

    ranked: ClassVar[Ranked | None] = None
    """Which of its resources say how urgent their events are."""

    links: ClassVar[frozenset[str]] = frozenset()
    """The operations that links in messages name, without the version of the API."""

    serves_anonymous: ClassVar[bool] = False
    """Whether a policy on one of its resources may let in whoever did not sign."""

    root_keeps: ClassVar[frozenset[str]] = frozenset()
    """The IAM actions on its resources that no resource policy takes from the account's root user."""

    trail: ClassVar[Trail] = Trail()
    """What the audit trail must know of it."""

    bodies: ClassVar[Mapping[str, Refs]] = {}
    """Where in the data directory it keeps bodies, and which of them its rows name."""

    observer: Observer | None = None
    """Who looks at its requests; set only while somebody does."""

    state: Any
    """What its operations' handlers are given."""

    def __init__(self, parts: Parts) -> None:
        self.state = parts

    async def start(self) -> None:
        """Returns when what a former process left has been taken up."""

    async def drain(self) -> None:
        """Takes up no more work, and returns when what runs has finished or has had its time."""

    async def settled(self) -> None:
        """Returns when nothing of the service is due or running."""

    def busy(self) -> bool:
        """Returns whether something of the service runs that will write or send."""
        return False

    async def look(self) -> None:
        """Returns when the levels among the measurements are as things are now, for somebody who wants to see them."""

    def targets(self) -> Mapping[str, Target]:
        """Returns who delivers to the service's resources, by the service name in their ARNs."""
        return {}

    def sources(self) -> Mapping[str, SourceKind]:
        """Returns what functions can be fed from, by the service name in their ARNs."""
        return {}

    def pages(self) -> Mapping[str, Page]:
        """Returns what answers under ``/_penstock/<name>/`` by rules of its own."""
        return {}

    def sites(self) -> Mapping[str, str]:
        """Returns which of its pages have hosts of their own: at ``ID.label.…`` is what the page has under ``ID``."""
        return {}

    def body_stores(self) -> Mapping[str, FileBodies]:
        """Returns what keeps each of its ``bodies``."""
        return {}

    def commands(self) -> Mapping[tuple[str, str], Command]:
        """Returns what root may ask of it under ``/_penstock/``, by method and name."""
        return {}

    def health(self) -> Mapping[str, str]:
        """Returns what is wrong with the service, by what it concerns; empty when all is well."""
        return {}

    def about(self) -> Mapping[str, str]:
        """Returns what health says of the service when all is well."""
        return {}

    def gauges(self) -> Mapping[str, Gauge]:
        """Returns what metrics say of the service, by names that end in their unit."""
        return {}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns what authorisation must know of the resource ``arn``."""
        return _NOTHING_KNOWN

    def named_in_head(self, request: WireRequest) -> str | None:
        """Returns the ARN of the resource that a request is about, as far as its head says; None: the body says it."""
        return None

    def body_too_large(self, operation: Operation) -> AwsError | None:
        """Returns how the service refuses a body that is longer than the operation takes; None: as others do."""
        return None

    def condition_keys(self, call: Call) -> Mapping[str, str]:
        """Returns the service's own condition keys that hold for each of its actions."""
        return {}

    async def check_named(self, call: Call, params: Params) -> None:
        """Returns when what ``params`` name is there; asked before a client hears that its document is unreadable."""

    def absence(self, action: str, resource: Resource) -> AwsError | None:
        """Returns what a caller who did not sign hears of a resource that is not there; None: what any other hears."""
        return None

    async def preflight(self, request: WireRequest) -> Headers | None:
        """Returns what tells a browser that it may send another origin's request; None: there is nothing to ask."""
        return None

    async def cross_origin(self, request: WireRequest) -> Headers:
        """Returns what lets the page that the request's ``Origin`` names read its answer, whatever that is."""
        return ()


_NOTHING_KNOWN = Resource()


def found(*folders: str) -> tuple[type[Service], ...]:
    """Returns the services in these folders of ``penstock.services``: what each exports."""
    return tuple(_exported(import_module(f"{__package__}.{folder}")) for folder in folders)


def _exported(package: ModuleType) -> type[Service]:
    (service,) = (vars(package)[name] for name in package.__all__ if _is_service(vars(package)[name]))
    return cast(type[Service], service)


def _is_service(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Service)
