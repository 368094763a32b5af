"""One version of an object: its row, what is stored with it, and how it is found.

The newest version of a key is the row with the smallest ``ord``. A version id ends with its row's ``ord``, so
a version is found by primary key, however many the key has.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from penstock.clock import Ids
from penstock.services.s3.buckets.bucket import Bucket
from penstock.services.s3.errors import invalid_version_id
from penstock.services.s3.objects.checksums import Checksum
from penstock.services.s3.objects.encryption import Encryption
from penstock.services.s3.seal import ALPHABET, SEAL_CHARS, digits, seal
from penstock.services.s3.times import utc
from penstock.store import ReadTx, queries

Q = queries(__package__)

NULL = "null"
"""The version id of objects written while versioning is off or suspended."""

_DIGITS = {character: digit for digit, character in enumerate(ALPHABET)}
_VERSION_CHARS = 32
_ORD_CHARS = 5


@dataclass(slots=True)
class Part:
    """One part of an object that was uploaded in parts; ``checksum`` is Base64 or empty."""

    number: int
    size: int
    checksum: str


@dataclass(slots=True)
class Meta:
    """What is stored with a version besides its body.

    ``headers`` are system headers under AWS's member names (``ContentType``, ``StorageClass``).
    ``user`` is user metadata, lower-case names. ``missing`` counts user metadata that HTTP cannot show.
    ``encryption`` is None when S3's own key encrypts the version.
    """

    headers: dict[str, str] = field(default_factory=dict)
    user: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    checksum: Checksum | None = None
    parts: list[Part] = field(default_factory=list)
    encryption: Encryption | None = None

    def encode(self) -> str:
        """Returns the text of the ``meta`` column; what is empty is left out."""
        document: dict[str, Any] = {}
        if self.headers:
            document["headers"] = self.headers
        if self.user:
            document["user"] = self.user
        if self.missing:
            document["missing"] = self.missing
        if self.tags:
            document["tags"] = self.tags
        if self.checksum:
            document["checksum"] = {
                "algorithm": self.checksum.algorithm,
                "value": self.checksum.value,
                "type": self.checksum.type,
            }
        if self.parts:
            document["parts"] = [[part.number, part.size, part.checksum] for part in self.parts]
        if self.encryption:
            document["encryption"] = self.encryption.encode()
        return orjson.dumps(document).decode()

    @classmethod
    def decode(cls, text: str) -> "Meta":
        """Returns what ``encode`` wrote."""
        document = orjson.loads(text)
        checksum, encryption = document.get("checksum"), document.get("encryption")
        return cls(
            document.get("headers", {}),
            document.get("user", {}),
            document.get("missing", 0),
            document.get("tags", {}),
            Checksum(**checksum) if checksum else None,
            [Part(*part) for part in document.get("parts", ())],
            Encryption.decode(encryption) if encryption else None,
        )

    @property
    def storage_class(self) -> str:
        """Returns the storage class, ``STANDARD`` when none was asked for."""
        return self.headers.get("StorageClass", "STANDARD")


@dataclass(slots=True)
class Object:
    """One row of ``s3_object``. ``etag`` has no quotes. The body is ``inline_id``'s row or ``files``."""

    bucket: int
    key: str
    ord: int
    version: str
    delete_marker: int
    size: int
    etag: str
    modified_ms: int
    inline_id: int | None
    files: str | None
    meta_text: str

    @property
    def meta(self) -> Meta:
        """Returns the decoded ``meta`` column."""
        return Meta.decode(self.meta_text)

    @property
    def modified(self) -> datetime:
        """Returns when this version was written."""
        return utc(self.modified_ms)


def current_object(tx: ReadTx, bucket: int, key: str) -> Object | None:
    """Returns the newest version, which may be a delete marker, or None."""
    row = tx.one(Q.find_current_object, bucket, key)
    return Object(*row) if row else None


def current_with_data(tx: ReadTx, bucket: int, key: str) -> tuple[Object | None, bytes | None]:
    """Returns the newest version and its body if that is a row."""
    row = tx.one(Q.find_current_object_with_data, bucket, key)
    return (Object(*row[:-1]), row[-1]) if row else (None, None)


def find_version(tx: ReadTx, bucket: int, key: str, version: str) -> Object | None:
    """Returns that version, or None; AwsError ``InvalidArgument`` when ``version`` cannot be one."""
    if version == NULL:
        return null_version(tx, bucket, key)
    row = tx.one(Q.find_object_at, bucket, key, version_ord(version))
    return Object(*row) if row and row[3] == version else None


def null_version(tx: ReadTx, bucket: int, key: str) -> Object | None:
    """Returns the version written while versioning was off or suspended, or None."""
    row = tx.one(Q.find_object_at, bucket, key, -1)
    if row is None or row[3] != NULL:
        row = tx.one(Q.find_null_object, bucket, key)
    return Object(*row) if row else None


def inline_data(tx: ReadTx, found: Object) -> bytes | None:
    """Returns the body if it is a row."""
    if found.inline_id is None:
        return None
    row = tx.one(Q.find_inline, found.inline_id)
    return row[0] if row else None


def new_version_id(ids: Ids, bucket: Bucket, order: int) -> str:
    """Returns a version id for the row at ``order``: random, the seal of the bucket, then the order in five digits."""
    random, end = ids.text(_VERSION_CHARS - SEAL_CHARS - _ORD_CHARS, ALPHABET), digits(-order, _ORD_CHARS)
    return random + seal(*bucket.identity, random, end) + end


def has_given(bucket: Bucket, version: str) -> bool:
    """Returns whether ``version`` is an id that the bucket has once given, whether it still has that version or not."""
    if version == NULL:
        return True
    random, end = version[: -SEAL_CHARS - _ORD_CHARS], version[-_ORD_CHARS:]
    return version == random + seal(*bucket.identity, random, end) + end


def version_ord(version: str) -> int:
    """Returns the order of the row that a version id names; AwsError ``InvalidArgument``."""
    if len(version) != _VERSION_CHARS or not version.isascii() or not version.isalnum():
        raise invalid_version_id(version)
    order = 0
    for character in version[-_ORD_CHARS:]:
        order = order * len(ALPHABET) + _DIGITS[character]
    return -order
