"""The S3 service: its operations, its state, the policies on its buckets."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from penstock.access import Policy
from penstock.server import Operation, Parts, collect
from penstock.services.s3 import (
    acl,
    attributes,
    bucket_tagging,
    buckets,
    configurations,
    copy,
    delete,
    encryption,
    get,
    listing,
    multipart,
    multipart_complete,
    multipart_list,
    not_configured,
    notification,
    policy,
    public_access,
    put,
    tagging,
    versioning,
    versions,
)
from penstock.services.s3.arns import bucket_name
from penstock.services.s3.bucket import find_bucket
from penstock.services.s3.files import Files, sweep
from penstock.store import ReadTx, Room

if TYPE_CHECKING:
    from penstock.delivery import Delivery


class S3:
    """One server's S3."""

    name: ClassVar[str] = "s3"
    model: ClassVar[str] = "s3"
    room: ClassVar[Room] = Room("s3", "penstock.services.s3")
    validation_code: ClassVar[str | None] = None
    operations: ClassVar[dict[str, Operation]] = collect(
        acl,
        attributes,
        bucket_tagging,
        buckets,
        configurations,
        copy,
        delete,
        encryption,
        get,
        listing,
        multipart,
        multipart_complete,
        multipart_list,
        not_configured,
        notification,
        policy,
        public_access,
        put,
        tagging,
        versioning,
        versions,
    )

    def __init__(self, parts: Parts, delivery: "Delivery") -> None:
        self.parts = parts
        self.delivery = delivery
        self.files = Files(parts.bodies)

    async def start(self) -> None:
        """Returns when the files that a crash left without a row are gone."""
        await sweep(self.parts.store, self.parts.bodies)

    async def close(self) -> None:
        """Returns when the files of deleted objects are gone."""
        await asyncio.to_thread(self.files.close)

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the policy of the bucket that ``resource`` is, or lies in; None when it has none."""
        name = bucket_name(resource)
        return public_access.effective_policy(tx, name) if name else None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns the owner of the bucket that ``resource`` is, or lies in; None when there is none."""
        bucket = find_bucket(tx, bucket_name(resource))
        return bucket.account if bucket else None
