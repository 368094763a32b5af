"""The S3 service: its operations, its state, the policies on its buckets."""

import asyncio
from typing import ClassVar

from penstock.access import Policy
from penstock.server import Operation, collect
from penstock.services.s3 import buckets, delete_bucket, listing, multipart, notifications, objects
from penstock.services.s3.arns import bucket_name
from penstock.services.s3.buckets.bucket import find_bucket
from penstock.services.s3.buckets.public_access import effective_policy
from penstock.services.s3.files import Files, sweep
from penstock.services.s3.state import S3State
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room


class S3(Service):
    """One server's S3."""

    name: ClassVar[str] = "s3"
    model: ClassVar[str] = "s3"
    room: ClassVar[Room | None] = Room("s3", "penstock.services.s3")
    operations: ClassVar[dict[str, Operation]] = collect(
        buckets, delete_bucket, listing, multipart, notifications, objects
    )

    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
    )

    def __init__(self, parts: Parts) -> None:
        self.state = S3State(
            parts.store, parts.clock, parts.ids, parts.bodies, Files(parts.bodies), parts.delivery
        )

    async def start(self) -> None:
        """Returns when the files that a crash left without a row are gone."""
        await sweep(self.state.store, self.state.bodies)

    async def drain(self) -> None:
        """Returns when the files of deleted objects are gone."""
        await asyncio.to_thread(self.state.files.close)

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the policy of the bucket that ``resource`` is, or lies in; None when it has none."""
        name = bucket_name(resource)
        return effective_policy(tx, name) if name else None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns the owner of the bucket that ``resource`` is, or lies in; None when there is none."""
        bucket = find_bucket(tx, bucket_name(resource))
        return bucket.account if bucket else None
