"""The parts of a form, however its bytes are cut."""

import pytest

from penstock.errors import AwsError
from penstock.services.s3.forms.parts import MAX_PRE_DATA, Field, Parts, boundary_of

BOUNDARY = b"----WebKitFormBoundaryABC"


def part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + value + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def read(body: bytes, step: int) -> tuple[Parts, bytes]:
    parts = Parts(BOUNDARY)
    found = b""
    for start in range(0, len(body), step):
        found += b"".join(parts.feed(body[start : start + step]))
    return parts, found


TRICKY = b"\r\n--" + BOUNDARY[:-1] + b"\r\n\r\n--\r--" + BOUNDARY + b"\n\r\n--"
WHOLE = form(
    part("key", "ü/${filename}".encode()),
    part("Key", b""),
    part("file", TRICKY, '; filename="a b.txt"\r\nContent-Type: text/html'),
    part("submit", b"Upload"),
)


@pytest.mark.parametrize("step", [*range(1, 40), len(WHOLE) - 1, len(WHOLE)])
def test_a_form_is_the_same_however_it_is_cut(step: int) -> None:
    parts, file = read(WHOLE, step)
    assert parts.fields == [Field("key", "ü/${filename}"), Field("Key", "")]
    assert (parts.filename, file, parts.file_ended) == ("a b.txt", TRICKY, True)


@pytest.mark.parametrize("step", [1, 1000])
def test_an_empty_file_is_a_file(step: int) -> None:
    parts, file = read(form(part("file", b"")), step)
    assert (parts.file_begun, parts.file_ended, parts.filename, file) == (True, True, "", b"")


def test_a_file_whose_end_is_missing_has_not_ended() -> None:
    whole = form(part("file", b"x" * 1000))
    for missing in (4, 40, 500):
        assert not read(whole[:-missing], 100)[0].file_ended


def test_what_follows_the_file_is_not_looked_at() -> None:
    parts, file = read(form(part("file", b"abc"), part("file", b"second"))[:-4] + b"\x00 nonsense" * 100, 7)
    assert (file, parts.fields) == (b"abc", [])


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b"--wrong\r\n",
        form(b"--" + BOUNDARY + b"\r\nContent-Disposition: form-data\r\n\r\nx\r\n"),
        form(b"--" + BOUNDARY + b'\r\nContent-Disposition: attachment; name="key"\r\n\r\nx\r\n'),
        form(b"--" + BOUNDARY + b"\r\n\r\nx\r\n"),
        form(b"--" + BOUNDARY + b"\r\nbad header\r\n\r\nx\r\n"),
        form(part("key", b"\xff\xfe")),
        form(b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n'),
        form(b"--" + BOUNDARY + b"\r\nX: " + b"a" * 9000 + b"\r\n\r\nx\r\n"),
    ],
)
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    for step in (1, len(body)):
        with pytest.raises(AwsError) as refused:
            read(body, step)
        assert refused.value.code == "MalformedPOSTRequest"


@pytest.mark.parametrize("step", [100, 100_000])
def test_fields_have_a_bound_and_the_file_has_none(step: int) -> None:
    room = MAX_PRE_DATA - len(part("key", b"")) - len(part("file", b"")) + len(b"\r\n")
    parts, file = read(form(part("key", b"a" * room), part("file", b"x" * 90_000)), step)
    assert (len(parts.fields[0].value), len(file)) == (room, 90_000)
    for fields in ([part("key", b"a" * (MAX_PRE_DATA + 1))], [part("a", b"")] * 400):
        with pytest.raises(AwsError) as refused:
            read(form(*fields, part("file", b"x" * 90_000)), step)
        assert refused.value.code == "MaxPostPreDataLengthExceeded"


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("multipart/form-data", b""),
        ("multipart/mixed; boundary=abc", None),
        ("application/x-www-form-urlencoded", None),
        ("", None),
    ],
)
def test_the_boundary_is_in_the_content_type(header: str, boundary: bytes | None) -> None:
    assert boundary_of(header) == boundary


def test_a_boundary_has_1_to_70_characters() -> None:
    for boundary in (b"", b"a" * 71):
        with pytest.raises(AwsError):
            Parts(boundary)
