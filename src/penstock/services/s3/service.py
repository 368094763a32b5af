"""The S3 service: its operations, its state, the policies on its buckets."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import ClassVar
from urllib.parse import unquote

from penstock.errors import AwsError
from penstock.recurring import Recurring
from penstock.server import Call, Command, Headers, Operations, Params, Resource
from penstock.services.s3.arns import bucket_name
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.buckets.public_access import load_resource
from penstock.services.s3.condition_keys import condition_keys
from penstock.services.s3.cors import browser
from penstock.services.s3.errors import no_such_bucket
from penstock.services.s3.files import Files, empty_released, file_refs, sweep
from penstock.services.s3.lacks import LACKS
from penstock.services.s3.metrics.filter import has_metrics
from penstock.services.s3.metrics.requests import RequestWatch
from penstock.services.s3.metrics.storage import DAY_MS, tell_of_storage
from penstock.services.s3.multipart.upload import empty_upload, requested_upload
from penstock.services.s3.notifications.editing import Editor
from penstock.services.s3.notifications.loops import Loops
from penstock.services.s3.notifications.sender import change_sender
from penstock.services.s3.reconcile import Reconciler
from penstock.services.s3.scrub import Scrubber
from penstock.services.s3.state import S3State
from penstock.services.service import Parts, Refs, Service
from penstock.store import FileBodies, ReadTx, Room, Sweeper, nothing_expires
from penstock.wire import WireRequest


class S3(Service):
    """One server's S3."""

    name: ClassVar[str] = "s3"
    model: ClassVar[str] = "s3"
    room: ClassVar[Room | None] = Room("s3", "penstock.services.s3")
    operations = Operations(
        __name__,
        "buckets",
        "cors",
        "delete_bucket",
        "forms",
        "listing",
        "metrics",
        "multipart",
        "notifications",
        "objects",
    )
    lacks: ClassVar[Mapping[str, str]] = LACKS

    bodies: ClassVar[Mapping[str, Refs]] = {"bodies": file_refs}

    serves_anonymous: ClassVar[bool] = True

    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
    )

    def __init__(self, parts: Parts) -> None:
        files = Files(parts.bodies)
        parts.delivery.sender = change_sender(parts.config.event_version)
        self.state = S3State(
            store=parts.store,
            clock=parts.clock,
            ids=parts.ids,
            bodies=parts.bodies,
            files=files,
            delivery=parts.delivery,
            sweeper=Sweeper(
                parts.store,
                parts.clock,
                (partial(empty_upload, files=files), partial(empty_released, files=files)),
                nothing_expires,
            ),
            signer=parts.call.signer,
            watch_requests=self._watch_requests,
        )
        files.on_released = self.state.sweeper.wake
        self._request_watch = RequestWatch(parts.store, parts.clock, parts.measurements)
        self._storage = Recurring(
            parts.clock, DAY_MS, partial(tell_of_storage, parts.store, parts.measurements)
        )
        self._bodies = parts.bodies
        self._supervisor = parts.supervisor
        self._scrubber = Scrubber(self.state, parts.clock)
        self._reconciler = Reconciler(self.state, parts.config.ledger_days)
        self._editor = Editor(self.state, Loops(parts.store, parts.identities, parts.call))

    async def start(self) -> None:
        """Returns when the files that a crash left without a row are gone; what is left of uploads goes by and by."""
        await sweep(self.state.store, self.state.bodies)
        await self.state.store.read(self.state.files.damage.load)
        self._supervisor.keep("s3: sweep", self.state.sweeper.run)
        self._supervisor.keep("s3: scrub", self._scrubber.run)
        self._supervisor.keep("s3: storage metrics", self._storage.run)
        if await self.state.store.read(has_metrics):
            self._watch_requests()

    async def settled(self) -> None:
        """Returns when what the buckets hold has been told for today."""
        await self._storage.settled()

    async def drain(self) -> None:
        """Returns when the files of deleted objects are gone."""
        await asyncio.to_thread(self.state.files.close)

    def body_stores(self) -> Mapping[str, FileBodies]:
        """Returns what keeps large objects."""
        return {"bodies": self._bodies}

    def commands(self) -> Mapping[tuple[str, str], Command]:
        """Returns what begins a pass over all objects, tells of it, compares them with the ledger, edits rules."""
        return {
            ("POST", "scrub"): self._scrubber.start_pass,
            ("GET", "scrub"): self._scrubber.status,
            ("GET", "reconcile"): self._reconciler.look,
            ("POST", "reconcile"): self._reconciler.mend,
            ("GET", "reconcile-buckets"): self._reconciler.buckets,
            ("GET", "rules"): self._editor.listed,
            ("POST", "rules-check"): self._editor.check,
            ("POST", "rules-add"): self._editor.add,
            ("POST", "rules-remove"): self._editor.remove,
        }

    def health(self) -> Mapping[str, str]:
        """Returns how many versions are damaged."""
        count = len(self.state.files.damage.known)
        return {"s3: damaged objects": f"{count}; `penstock scrub --json` names them"} if count else {}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy and the owner of the bucket that ``arn`` is, or lies in."""
        return tx.cached("s3.resource", bucket_name(arn), load_resource)

    def named_in_head(self, request: WireRequest) -> str | None:
        """Returns the ARN of the bucket in the path."""
        name = unquote(request.path.lstrip("/").partition("/")[0])
        return f"arn:aws:s3:::{name}" if name else None

    async def check_named(self, call: Call, params: Params) -> None:
        """Returns when the bucket is there that the request names, and the upload; AwsError ``NoSuch…``."""
        if call.operation != "CreateBucket":
            await self.state.store.read(_check_named, call, params)

    def absence(self, action: str, resource: Resource) -> AwsError | None:
        """Returns ``NoSuchBucket``: that there is none is no secret."""
        missing = resource.identity is None and action != "s3:CreateBucket"
        return no_such_bucket(str(resource.name)) if missing else None

    def condition_keys(self, call: Call) -> Mapping[str, str]:
        """Returns how the call was signed and sent."""
        return condition_keys(self.state.clock, call)

    async def preflight(self, request: WireRequest) -> Headers | None:
        """Returns what a browser may send to the bucket, by its CORS rules; AwsError when none fits."""
        return await browser.preflight(self.state, request)

    def _watch_requests(self) -> None:
        self.observer = self._request_watch

    async def cross_origin(self, request: WireRequest) -> Headers:
        """Returns what lets the page at the request's ``Origin`` read the answer, by the bucket's CORS rules."""
        return await browser.cross_origin(self.state, request)


def _check_named(tx: ReadTx, call: Call, params: Params) -> None:
    if "UploadId" in params:
        requested_upload(tx, call, params)
    elif find_bucket(tx, params["Bucket"]) is None:
        raise no_such_bucket(params["Bucket"])
