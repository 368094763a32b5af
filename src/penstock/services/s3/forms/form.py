"""A form: its fields, read, and its file, still on its way."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from penstock.server import Body, Call
from penstock.services.s3 import limits
from penstock.services.s3.errors import entity_too_large
from penstock.services.s3.forms.errors import (
    fields_too_large,
    file_too_small,
    malformed_post,
    missing_file,
    not_multipart,
)
from penstock.services.s3.forms.parts import MAX_PRE_DATA, Parts, boundary_of

_FILENAME = "${filename}"

Fields = dict[str, str]
"""Values by lower-case name; those of fields with the same name are joined with a comma."""


class Sizes(NamedTuple):
    """How many bytes the file may have."""

    least: int = 0
    most: int = limits.PUT_BYTES


class FormFile:
    """The file, as the body of an upload. ``length`` is an upper bound: nobody says how much follows the file.

    ``sizes`` are what S3 takes, until whoever reads the form's policy sets them.

    Iterating raises AwsError ``EntityTooLarge``, ``EntityTooSmall``, and ``MalformedPOSTRequest`` when the form ends
    before the file has.
    """

    def __init__(
        self, source: AsyncIterator[bytes], parts: Parts, begun: list[bytes], length: int | None
    ) -> None:
        self._source = source
        self._parts = parts
        self._begun = begun
        self.length = length
        self.trailers: dict[str, str] = {}
        self.sizes = Sizes()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._pieces():
            size += len(piece)
            if size > self.sizes.most:
                raise entity_too_large(max(size, self.length or 0), self.sizes.most)
            yield piece
        if size < self.sizes.least:
            raise file_too_small(size, self.sizes.least)

    def whole(self) -> None:
        """Returns None: it is read piece by piece, whether it has come or not."""

    async def read(self) -> bytes:
        """Returns the whole file."""
        return b"".join([piece async for piece in self])

    async def _pieces(self) -> AsyncIterator[bytes]:
        for piece in self._begun:
            yield piece
        async for data in self._source:  # to the end of the body: what its signature covers is checked there
            for piece in self._parts.feed(data):
                yield piece
        if not self._parts.file_ended:
            raise malformed_post()


class Form(NamedTuple):
    """``fields`` have the file's name where they ask for it."""

    fields: Fields
    file: FormFile


async def read_form(call: Call) -> Form:
    """Returns the form, read up to its file; AwsError for what is no form with a file."""
    boundary = boundary_of(call.headers.get("content-type", ""))
    if boundary is None:
        raise not_multipart()
    assert call.body is not None
    parts = Parts(boundary)
    source = aiter(call.body)
    begun: list[bytes] = []
    async for data in source:
        begun += parts.feed(data)
        if parts.file_begun:
            break
    fields = _expanded(parts)
    if not parts.file_begun:
        if "key" in fields:
            raise missing_file()
        return Form(fields, FormFile(source, parts, [], None))
    return Form(fields, FormFile(source, parts, begun, _length(call.body, parts, boundary)))


def _expanded(parts: Parts) -> Fields:
    filename = parts.filename.replace("\\", "/").rpartition("/")[2]
    fields: Fields = {}
    for name, value in parts.fields:
        name, value = name.lower(), value.replace(_FILENAME, filename)
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    if sum(map(len, fields.values())) > MAX_PRE_DATA:
        raise fields_too_large(MAX_PRE_DATA)  # a long file name in many places
    return fields


def _length(body: Body, parts: Parts, boundary: bytes) -> int | None:
    if body.length is None:
        return None
    ending = 0 if parts.file_ended else len(b"\r\n--%b--\r\n" % boundary)
    return max(0, body.length - parts.before_file - ending)
