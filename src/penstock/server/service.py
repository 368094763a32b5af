"""What the gateway asks of a service."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from penstock.access import Policy, Principal, SignedText, SignedTextV2, Wording
from penstock.errors import AwsError
from penstock.server.call import Call, Params
from penstock.server.operation import Operation
from penstock.server.request import Request
from penstock.store import ReadTx
from penstock.wire import WireRequest, WireResponse

Handler = Callable[[Request], Awaitable[WireResponse]]
"""Answers a request; every failure is an answer."""

Headers = Sequence[tuple[bytes, bytes]]
"""Headers of an answer, names in lower case."""

Page = Callable[[Request, str], Awaitable[WireResponse]]
"""Answers a request under ``/_penstock/<name>/``; the text is what follows. It authenticates by itself."""


Answer = dict[str, Any]
Command = Callable[[Mapping[str, Any]], Awaitable[Answer]]
"""Answers root under ``/_penstock/``, given what the query or the body says; raises AwsError."""


_NO_KEYS: Mapping[str, str] = {}


class Resource(NamedTuple):
    """What authorisation must know of what an ARN names.

    ``policy`` is attached to it; ``account`` owns it when its ARN does not say so; ``keys`` are the condition keys
    that it brings, such as those of its tags. What is found by ``name`` later on
    is what the caller was authorised for only if it still has this ``identity`` (None: there was nothing): a name may
    be given up and taken by somebody else while a body is on its way. A service without names leaves both out.
    """

    policy: Policy | None = None
    account: str | None = None
    name: Hashable = None
    identity: Hashable = None
    keys: Mapping[str, str] = _NO_KEYS


class Callee(NamedTuple):
    """An operation that is there; ``read`` makes its parameters of JSON that somebody wrote, or raises ValueError."""

    service: str
    operation: str
    read: Callable[[Any], Params]


class Observation(Protocol):
    """One request that somebody looks at."""

    async def answered(self, operation: str, response: WireResponse) -> None:
        """Called before the answer is sent; ``operation`` is "" when none that is served was named."""


Observer = Callable[[Request, str], Awaitable[Observation | None]]
"""Is asked about each request before it is looked at, with its path, the bucket in it; None: nobody looks at it."""


class Caller(Protocol):
    """Another service's public operation, in process: validated and authorised as over HTTP."""

    async def __call__(
        self,
        service: str,
        operation: str,
        params: dict[str, Any],
        *,
        principal: Principal,
        account: str,
        region: str,
        trace: str | None = None,
        via: str = "",
    ) -> dict[str, Any]:
        """Returns the operation's result (a streamed body as an async iterator); raises AwsError.

        ``via`` is the service that passes on what ``principal`` asked of it, as ``lambda.amazonaws.com`` fetches the
        code of a new function; ``""`` for what a service does by itself, or in a role.
        """

    def find(self, sdk_name: str, action: str) -> Callee | None:
        """Returns the operation ``action`` of the service that SDKs call so; None when it cannot be called here.

        Both in whatever case: ``sqs`` and ``sendMessage``, ``cloudwatchlogs`` and ``createLogGroup``.
        """

    async def identify(self, access_key_id: str, session_token: str | None) -> Principal:
        """Returns whose credentials these are; AwsError ``InvalidClientTokenId`` or ``ExpiredToken``."""

    async def visit(
        self, service: str, request: Request, region: str, *, is_signed: bool, max_body: int
    ) -> Call:
        """Returns the call that a request for a page of ``service`` makes: its sender known, its body read."""

    async def signer(self, signed: SignedText | SignedTextV2) -> Principal:
        """Returns who signed the text; AwsError in S3's words when nobody did."""


class Served(Protocol):
    """A service, as the gateway sees it. ``state`` is what handlers are given."""

    @property
    def name(self) -> str:
        """Returns its name in ARNs, credential scopes and IAM actions."""

    @property
    def model(self) -> str:
        """Returns its folder in botocore's data."""

    @property
    def operations(self) -> dict[str, Operation]:
        """Returns what it declares, by AWS's names."""

    @property
    def lacks(self) -> Mapping[str, str]:
        """Returns what it refuses by name, and what it lacks for it."""

    @property
    def validation_code(self) -> str | None:
        """Returns the code of "1 validation error detected…", or None when handlers check by themselves."""

    @property
    def wording(self) -> Wording | None:
        """Returns how it words refusals, or None when it does so as others of its protocol."""

    @property
    def links(self) -> Collection[str]:
        """Returns the operations that links in messages name, without the version of the API."""

    @property
    def serves_anonymous(self) -> bool:
        """Returns whether a policy on one of its resources may let in whoever did not sign."""

    @property
    def root_keeps(self) -> frozenset[str]:
        """Returns the IAM actions on its resources that no resource policy takes from the account's root user."""

    @property
    def observer(self) -> Observer | None:
        """Returns who looks at the service's requests; None, as nearly always: nobody."""

    @property
    def state(self) -> Any:
        """Returns what its handlers work with."""

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns what authorisation must know of the resource."""

    def named_in_head(self, request: WireRequest) -> str | None:
        """Returns the ARN of the resource that a request is about, as far as its head says; None: the body says it."""

    def body_too_large(self, operation: Operation) -> AwsError | None:
        """Returns how it refuses a body that is longer than the operation takes; None: as others do."""

    def condition_keys(self, call: Call) -> Mapping[str, str]:
        """Returns the service's own condition keys that hold for each of its actions."""

    async def check_named(self, call: Call, params: Params) -> None:
        """Returns when what ``params`` name is there; asked before a client hears that its document is unreadable."""

    def absence(self, action: str, resource: Resource) -> AwsError | None:
        """Returns what a caller who did not sign hears of a resource that is not there; None: what any other hears."""

    async def preflight(self, request: WireRequest) -> Headers | None:
        """Returns what tells a browser that it may send the request of another origin's page; AwsError if it may not.

        Nobody signs such a question. None: the service is not asked such things.
        """

    async def cross_origin(self, request: WireRequest) -> Headers:
        """Returns what lets the page that the request's ``Origin`` names read its answer, whatever that is."""
