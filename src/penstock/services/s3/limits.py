"""S3's limits on objects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and the API reference.
"""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

KEY_BYTES = 1024
USER_METADATA_BYTES = 2048
SYSTEM_METADATA_BYTES = 2048
PUT_BYTES = 5 * GIB
COPY_BYTES = 5 * GIB
OBJECT_BYTES = 50 * 10**12
"""A multipart object; 50 TB since December 2025."""

PART_BYTES_MIN = 5 * MIB
"""Every part but the last."""
PART_NUMBER_MAX = 10_000
PAGE = 1000
"""The most that one page of a listing, or one DeleteObjects, holds."""

TAGS = 10
TAG_KEY_CHARS = 128
TAG_VALUE_CHARS = 256

DOCUMENT_BYTES = 8 * MIB
"""Ours: the largest XML document, 10,000 parts with their checksums or 1,000 keys, each character escaped."""
INLINE_BYTES = 64 * KIB
"""Ours: bodies up to this size are rows, larger ones files."""
BUFFER_BYTES = MIB
"""Ours: how much of a body is in memory at a time, twice: one buffer fills while the other is written."""
