"""The S3 service: its operations, its state, the policies on its buckets."""

import asyncio
from collections.abc import Mapping
from typing import ClassVar

from penstock.access import Policy
from penstock.server import Command, Operation, collect
from penstock.services.s3 import buckets, delete_bucket, listing, multipart, notifications, objects
from penstock.services.s3.arns import bucket_name
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.buckets.public_access import effective_policy
from penstock.services.s3.files import Files, file_refs, sweep
from penstock.services.s3.scrub import Scrubber
from penstock.services.s3.state import S3State
from penstock.services.service import Parts, Refs, Service
from penstock.store import FileBodies, ReadTx, Room


class S3(Service):
    """One server's S3."""

    name: ClassVar[str] = "s3"
    model: ClassVar[str] = "s3"
    room: ClassVar[Room | None] = Room("s3", "penstock.services.s3")
    operations: ClassVar[dict[str, Operation]] = collect(
        buckets, delete_bucket, listing, multipart, notifications, objects
    )

    bodies: ClassVar[Mapping[str, Refs]] = {"bodies": file_refs}

    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
    )

    def __init__(self, parts: Parts) -> None:
        self.state = S3State(
            parts.store, parts.clock, parts.ids, parts.bodies, Files(parts.bodies), parts.delivery
        )
        self._bodies = parts.bodies
        self._supervisor = parts.supervisor
        self._scrubber = Scrubber(self.state, parts.clock)

    async def start(self) -> None:
        """Returns when the files that a crash left without a row are gone."""
        await sweep(self.state.store, self.state.bodies)
        await self.state.store.read(self.state.files.damage.load)
        self._supervisor.keep("s3: scrub", self._scrubber.run)

    async def drain(self) -> None:
        """Returns when the files of deleted objects are gone."""
        await asyncio.to_thread(self.state.files.close)

    def body_stores(self) -> Mapping[str, FileBodies]:
        """Returns what keeps large objects."""
        return {"bodies": self._bodies}

    def commands(self) -> Mapping[tuple[str, str], Command]:
        """Returns what begins a pass over all objects, and tells how far it is."""
        return {("POST", "scrub"): self._scrubber.start_pass, ("GET", "scrub"): self._scrubber.status}

    def health(self) -> Mapping[str, str]:
        """Returns how many versions are damaged."""
        count = len(self.state.files.damage.known)
        return {"s3: damaged objects": f"{count}; `penstock scrub --json` names them"} if count else {}

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the policy of the bucket that ``resource`` is, or lies in; None when it has none."""
        name = bucket_name(resource)
        return effective_policy(tx, name) if name else None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns the owner of the bucket that ``resource`` is, or lies in; None when there is none."""
        bucket = find_bucket(tx, bucket_name(resource))
        return bucket.account if bucket else None
