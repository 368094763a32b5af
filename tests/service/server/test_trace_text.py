"""What ``penstock trace`` prints of keys that are no plain text."""

import pytest

from penstock.cli import trace
from penstock.delivery import story
from penstock.delivery.story import object_story
from penstock.testing import LocalServer


class Asked:
    """A connection to a server of this process."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server

    def ask(self, command: str, args: dict[str, str]) -> dict[str, object]:
        read = self._server.app.store.read
        found = read(object_story, args["bucket"], args["key"], args.get("version"))
        return {"events": self._server.wait(found)}


@pytest.fixture(autouse=True)
def connected(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace.Connection, "find", lambda flags: Asked(server))


def test_a_terminal_does_not_obey_the_key(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="escapes")
    s3.put_object(Bucket="escapes", Key="\x1b[31mred\n[bold]é", Body=b"")
    trace.print_story({}, "s3://escapes/\x1b[31mred\n[bold]é", None, as_json=False)
    printed = capsys.readouterr().out
    assert "s3://escapes/\\x1b[31mred\\n[bold]é\n" in printed
    assert "\x1b" not in printed


def test_the_version_of_an_object_without_versioning_is_null(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="nulls")
    s3.put_object(Bucket="nulls", Key="k", Body=b"")
    trace.print_story({}, "s3://nulls/k", "null", as_json=False)
    assert "ObjectCreated:Put" in capsys.readouterr().out


def test_a_story_that_is_cut_says_so(
    server: LocalServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MAX_ENTRIES", 3)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="long")
    for _ in range(5):
        s3.put_object(Bucket="long", Key="k", Body=b"")
    trace.print_story({}, "s3://long/k", None, as_json=False)
    assert "earlier changes are not told" in capsys.readouterr().out
