"""Zips that could not be unpacked are refused when they come; odd ones that can be are run."""

import io
import stat
import warnings
import zipfile

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, client, make_function, make_role, run

from penstock.errors import AwsError
from penstock.services.lambda_.functions.archive import check_zip
from penstock.testing import LocalServer

ONE = "def handler(event, context):\n    return 1\n"
LINK = stat.S_IFLNK | 0o777

Entries = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "shared", *LOGS)


def zip_of_entries(entries: Entries) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name, text, mode in entries:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, text)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("a", "1", 0), ("a/b", "2", 0)], "below another that is no folder"),
        ([("a/b", "2", 0), ("a", "1", 0)], "both a folder and another entry"),
        ([("a/", "", 0), ("a", "1", 0)], "both a folder and another entry"),
        ([("l", "../out", LINK)], "leads outside of its own folder"),
        ([("l", "/etc/passwd", LINK)], "leads outside of its own folder"),
        ([("l", "", LINK)], "leads nowhere"),
        ([("l", "a" * 5000, LINK)], "leads nowhere"),
        ([("l", "d", LINK), ("l/x", "1", 0)], "below another that is no folder"),
        ([("n" * 300, "1", 0)], "name is too long"),
        ([("a/" * 900 + "f", "1", 0)], "name is too long"),
        ([("a/b/up", "../..", LINK), ("out", "a/b/up/..", LINK)], "leads outside of its own folder: out"),
        ([("up", ".", LINK), ("d/out", "../up/../d", LINK)], "leads outside of its own folder: d/out"),
        ([("", "1", 0)], "outside of its own folder"),
        ([(".", "1", 0)], "both a folder and another entry"),
    ],
)
def test_a_zip_that_cannot_be_unpacked_is_refused_when_it_comes(
    server: LocalServer, role: str, entries: Entries, message: str
) -> None:
    data = zip_of_entries([("app.py", ONE, 0o644), *entries])

    with pytest.raises(ClientError, match=message) as raised:
        make_function(server, "refused", ONE, Role=role, Code={"ZipFile": data})

    assert raised.value.response["Error"]["Code"] == "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("twice", [("app.py", "x", 0o644), ("app.py", ONE, 0o644)]),
        ("link-and-file", [("app.py", "zzz", LINK), ("app.py", ONE, 0o644)]),
        ("no-modes", [("app.py", ONE, 0), ("d/", "", 0), ("d/x", "1", 0)]),
        ("links", [("app.py", ONE, 0), ("d/e/x", "1", 0), ("l", "d/e", LINK), ("m", "l/../e/x", LINK)]),
        ("round", [("app.py", ONE, 0), ("a", "b", LINK), ("b", "a", LINK)]),
        ("fifo", [("app.py", ONE, 0), ("p", "", stat.S_IFIFO | 0o644)]),
        ("many", [("app.py", ONE, 0), *((f"d{n % 100}/f{n}", "x", 0) for n in range(10_000))]),
    ],
)
def test_an_odd_zip_is_run(server: LocalServer, role: str, name: str, entries: Entries) -> None:
    make_function(server, name, ONE, Role=role, Code={"ZipFile": zip_of_entries(entries)})

    assert run(server, name)["Payload"] == 1


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_zip_is_refused(server: LocalServer, role: str, compression: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("app.py", ONE * 20)
    data = bytearray(buffer.getvalue())
    data[40:60] = b"\xff" * 20

    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        make_function(server, "damaged", ONE, Role=role, Code={"ZipFile": bytes(data)})


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_whose_decoder_has_no_bound_is_refused_before_it_is_decoded(compression: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("app.py", ONE)

    with pytest.raises(AwsError, match="Could not unzip uploaded file"):
        check_zip(buffer.getvalue())


def test_the_directory_of_a_zip_with_too_many_entries_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZipFile", None)

    with pytest.raises(AwsError, match="more than 100000 entries"):
        check_zip(b"PK\x01\x02" * 100_001)


def test_links_that_lead_through_each_other_take_bounded_time() -> None:
    rounds = [(f"l{n}", "./" * 400 + f"l{n + 1}", LINK) for n in range(2000)]

    with pytest.raises(AwsError, match="too many links"):
        check_zip(zip_of_entries(rounds))


def test_what_was_compiled_for_another_python_is_told_when_it_comes_and_where_it_fails(
    server: LocalServer, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    module = "fast.cpython-27-x86_64-linux-gnu.so"
    handler = "import fast\ndef handler(event, context): return 1\n"
    make_function(
        server,
        "misfit",
        "",
        Role=role,
        Code={"ZipFile": zip_of_entries([("app.py", handler, 0), (module, "", 0)])},
    )
    server.settle()
    (told,) = [record.getMessage() for record in caplog.records if ":function:misfit:" in record.getMessage()]
    assert "compiled for another Python or machine than Python 3." in told
    assert told.endswith("fast.cpython-27-x86_64-linux-gnu; `penstock runtimes` says what runs it")

    assert run(server, "misfit")["FunctionError"] == "Unhandled"

    server.settle()
    first = client(server, "logs").filter_log_events(logGroupName="/aws/lambda/misfit")["events"][0][
        "message"
    ]
    assert first.startswith("INIT_START Runtime Version: python:3.")
    assert "fast.cpython-27-x86_64-linux-gnu" in first
