"""The parts of a form as its bytes arrive: fields are kept, the file is handed on, what follows it is not looked at."""

from typing import NamedTuple

from penstock.services.s3.forms.errors import fields_too_large, malformed_post

MAX_PRE_DATA = 20 * 1024
"""Bytes of everything before the file.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
"""

_SLICE = 4096  # as long as there are fields, which must not grow unseen
_MAX_BOUNDARY = 70  # RFC 2046, 5.1.1


class Field(NamedTuple):
    """A field as it was sent."""

    name: str
    value: str


class Parts:
    """Takes the body's bytes; AwsError ``MalformedPOSTRequest`` or ``MaxPostPreDataLengthExceeded``.

    ``filename`` is there once ``file_begun``. ``before_file`` counts the bytes that were not the file's.
    """

    def __init__(self, boundary: bytes) -> None:
        # Imported here: no server needs it before somebody posts a form, and it would cost each start 20 ms.
        from python_multipart.exceptions import MultipartParseError
        from python_multipart.multipart import MultipartParser

        if not 0 < len(boundary) <= _MAX_BOUNDARY:
            raise malformed_post()
        self.fields: list[Field] = []
        self.filename = ""
        self.file_begun = False
        self.file_ended = False
        self.before_file = 0
        self._unreadable = MultipartParseError
        self._file: list[bytes] = []
        self._value = bytearray()
        self._name = ""
        self._header = bytearray()
        self._disposition = bytearray()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._take_header_name,
                "on_header_value": self._take_header_value,
                "on_header_end": self._header.clear,
                "on_headers_finished": self._read_headers,
                "on_part_data": self._take_data,
                "on_part_end": self._end,
            },
        )

    def feed(self, data: bytes) -> list[bytes]:
        """Returns what ``data`` brought of the file."""
        found: list[bytes] = []
        while data and not self.file_begun:
            found += self._parse(data[:_SLICE])
            data = data[_SLICE:]
            if self.before_file > MAX_PRE_DATA and not self.file_ended:
                raise fields_too_large(MAX_PRE_DATA)
        if data and not self.file_ended:
            found += self._parse(data)
        return found

    def _parse(self, data: bytes) -> list[bytes]:
        try:
            self._parser.write(data)
        except self._unreadable:
            if not self.file_ended:
                raise malformed_post() from None
        found, self._file = self._file, []
        self.before_file += len(data) - sum(map(len, found))
        return found

    # What the parser tells

    def _begin(self) -> None:
        self._disposition.clear()
        self._value.clear()

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition += data[start:end]

    def _read_headers(self) -> None:
        if self.file_begun:
            return
        from python_multipart.multipart import parse_options_header

        kind, options = parse_options_header(self._disposition.decode("latin-1"))
        if kind != b"form-data" or b"name" not in options:
            raise malformed_post()
        self._name = _text(options[b"name"])
        if self._name.lower() == "file":
            self.file_begun = True
            self.filename = _text(options.get(b"filename", b""))

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        if not self.file_begun:
            self._value += data[start:end]
        elif not self.file_ended:
            self._file.append(data[start:end])

    def _end(self) -> None:
        if self.file_begun:
            self.file_ended = True
        else:
            self.fields.append(Field(self._name, _text(bytes(self._value))))


def boundary_of(content_type: str) -> bytes | None:
    """Returns what separates the parts, empty when the header does not say; None when the body is no such form."""
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(content_type)
    return options.get(b"boundary", b"") if kind == b"multipart/form-data" else None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed_post() from None
