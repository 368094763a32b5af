"""What the three listings have in common: their parameters, and how entries are shown."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from penstock.delivery import encode_key
from penstock.server import Call, Params
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.limits import MAX_KEYS
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.listing.keyspace import ObjectRow, Page
from penstock.services.s3.state import S3State
from penstock.services.s3.times import utc
from penstock.store import ReadTx

_CONDITION_KEYS = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}


@dataclass(frozen=True, slots=True)
class ListingRequest:
    """The parameters of a listing, checked. ``encode`` does to names what ``EncodingType`` asks for."""

    prefix: str
    delimiter: str
    max_keys: int
    encode: Callable[[str], str]

    def echo(self, params: Params) -> Params:
        """Returns the parameters as every listing repeats them."""
        shown: Params = {
            "Name": params["Bucket"],
            "Prefix": self.encode(self.prefix),
            "MaxKeys": self.max_keys,
        }
        if self.delimiter:
            shown["Delimiter"] = self.encode(self.delimiter)
        if params.get("EncodingType"):
            shown["EncodingType"] = params["EncodingType"]
        return shown


def listing_request(params: Params, negative: str) -> ListingRequest:
    """Returns the checked parameters; AwsError ``InvalidArgument``.

    ``negative`` is the text for a negative ``MaxKeys``, which differs between the operations.
    """
    max_keys = params.get("MaxKeys", MAX_KEYS)
    if max_keys < 0:
        raise invalid_argument(negative, "max-keys", max_keys)
    encoding = params.get("EncodingType")
    if encoding not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", encoding)
    return ListingRequest(
        params.get("Prefix") or "",
        params.get("Delimiter") or "",
        min(max_keys, MAX_KEYS),
        encode_key if encoding else str,
    )


def listing_context(s3: S3State, call: Call, params: Params) -> dict[str, str]:
    """Returns the condition keys that policies may narrow listings with."""
    return {key: str(params[name]) for name, key in _CONDITION_KEYS.items() if name in params}


async def fill(s3: S3State, call: Call, params: Params, page: Page) -> None:
    """Returns when ``page`` is complete; lets others run between its steps."""
    await s3.store.read(_step, call, params, page)
    while not page.done:
        await asyncio.sleep(0)
        await s3.store.read(_step, call, params, page)


def _step(tx: ReadTx, call: Call, params: Params, page: Page) -> None:
    requested_bucket(tx, call, params)  # the page has its id, which another bucket may have by now
    page.step(tx)


def object_entry(row: ObjectRow, encode: Callable[[str], str]) -> Params:
    """Returns the members of ``Contents`` and ``Versions`` that both have."""
    meta = orjson.loads(row.meta)  # not Meta.decode: an object of many parts has a long list of them
    entry: Params = {
        "Key": encode(row.key),
        "LastModified": utc(row.modified_ms),
        "ETag": f'"{row.etag}"',
        "Size": row.size,
        "StorageClass": meta.get("headers", {}).get("StorageClass", "STANDARD"),
    }
    if checksum := meta.get("checksum"):
        entry["ChecksumAlgorithm"] = [checksum["algorithm"]]
        entry["ChecksumType"] = checksum["type"]
    return entry


def prefixes_of(page: Page, encode: Callable[[str], str]) -> list[Params]:
    """Returns ``CommonPrefixes``."""
    return [{"Prefix": encode(entry)} for entry in page.entries if isinstance(entry, str)]


def last_shown(page: Page) -> str:
    """Returns the key or common prefix that the page ends with."""
    last = page.entries[-1]
    return last if isinstance(last, str) else last.key
