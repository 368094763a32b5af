"""The bucket of a transfer, asked as who wants the transfer."""

from collections.abc import AsyncIterator
from typing import Any

from penstock.access import Principal
from penstock.server import Caller

_SERVICE = "dynamodb.amazonaws.com"


class Storage:
    """One bucket; AwsError as S3 says it."""

    def __init__(
        self, call: Caller, principal: Principal, region: str, bucket: str, owner: str | None
    ) -> None:
        self._call = call
        self._principal = principal
        self._region = region
        self._bucket: dict[str, Any] = {"Bucket": bucket}
        if owner:
            self._bucket["ExpectedBucketOwner"] = owner

    async def put(self, key: str, data: bytes) -> str:
        """Returns the ETag of the new object, without its quotes."""
        answer = await self._ask("PutObject", Key=key, Body=data)
        return str(answer["ETag"]).strip('"')

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        """Yields the keys that begin so, in their order."""
        more: dict[str, str] = {}
        while True:
            page = await self._ask("ListObjectsV2", Prefix=prefix, **more)
            for found in page.get("Contents") or ():
                yield found["Key"]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """Yields the object's bytes."""
        body = (await self._ask("GetObject", Key=key))["Body"]
        if isinstance(body, bytes):
            yield body
            return
        async for chunk in body:
            yield chunk

    async def _ask(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self._call(
            "s3",
            operation,
            {**self._bucket, **params},
            principal=self._principal,
            account=self._principal.account,
            region=self._region,
            via=_SERVICE,
        )
