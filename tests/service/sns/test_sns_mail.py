"""Mail: into the maildir, or by SMTP; confirmed and ended by links."""

import json
import re
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from email import message_from_string
from email import policy as mail_policy
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.request import urlopen

import pytest
from tests.kit.control import ask
from tests.kit.topics import PATIENCE_S, check_signature, make_topic, subscribe

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, ACCOUNT, SECRET

LINK = re.compile(r"https?://\S+")


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def letters(server: LocalServer, to: str) -> list[dict[str, Any]]:
    """Returns the letters to an address, with their texts, oldest first."""
    server.settle()
    found = ask(server, "GET", "/_penstock/mail")[1]["letters"]
    return [ask(server, "GET", f"/_penstock/mail?id={one['id']}")[1] for one in found if one["to"] == to]


def confirmed(server: LocalServer, topic: str, to: str, protocol: str = "email") -> str:
    arn = subscribe(server, topic, protocol, to)
    (letter,) = letters(server, to)
    link = (
        json.loads(letter["text"])["SubscribeURL"]
        if protocol == "email-json"
        else LINK.search(letter["text"])[0]
    )  # type: ignore[index]
    with urlopen(link) as answer:
        assert arn.encode() in answer.read()
    return arn


def test_a_subscriber_confirms_by_the_link_and_gets_mail(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "mail", DisplayName="Tide, Watch")
    confirmed(server, topic, "one@example.com")
    sns.publish(TopicArn=topic, Message="high tide é\n.\n", Subject="Tide")
    question, letter = letters(server, "one@example.com")
    assert question["subject"] == "AWS Notification - Subscription Confirmation"
    assert topic in question["text"]
    assert (letter["subject"], letter["from"]) == ("Tide", '"Tide, Watch" <no-reply@sns.localhost>')
    assert letter["text"].startswith("high tide é\n.\n\n\n--\nIf you wish to stop receiving notifications")
    with urlopen(LINK.search(letter["text"])[0]):  # type: ignore[index]
        pass
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    farewell = letters(server, "one@example.com")[-1]
    assert farewell["subject"] == "AWS Notification - Unsubscribe Confirmation"
    with urlopen(LINK.search(farewell["text"])[0]):  # type: ignore[index]
        pass
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1


def test_a_message_without_a_subject_has_aws_s(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "no-subject")
    confirmed(server, topic, "two@example.com")
    sns.publish(TopicArn=topic, Message="x" * 5000)
    letter = letters(server, "two@example.com")[-1]
    assert (letter["subject"], letter["from"]) == (
        "AWS Notification Message",
        "AWS Notifications <no-reply@sns.localhost>",
    )
    assert letter["text"].startswith("x" * 5000 + "\n")


def test_email_json_gets_the_signed_document(server: LocalServer, sns: Any) -> None:
    topic = make_topic(server, "json")
    confirmed(server, topic, "three@example.com", "email-json")
    sns.publish(TopicArn=topic, Message="é")
    found = json.loads(letters(server, "three@example.com")[-1]["text"])
    check_signature(found)
    assert found["Message"] == "é"


@pytest.mark.parametrize("id", ["none", "../penstock.db", "../../etc/passwd", ""])
def test_only_letters_are_shown(server: LocalServer, id: str) -> None:
    status, _ = ask(server, "GET", f"/_penstock/mail?id={id}")
    assert status == (200 if id == "" else 404)


def test_letters_are_there_after_a_restart_and_on_the_command_line(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        subscribe(server, make_topic(server, "kept"), "email", "kept@example.com")
        server.settle()
    with LocalServer(data=tmp_path) as server:
        command = [sys.executable, "-m", "penstock.cli", "mail"]
        where = [
            "--port",
            server.endpoint.rpartition(":")[2],
            "--accounts",
            f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET}",
        ]
        listed = subprocess.run([*command, "list", *where], capture_output=True, text=True, check=True).stdout
        id, *_ = listed.split()
        assert "kept@example.com" in listed and "Subscription Confirmation" in listed
        shown = subprocess.run(
            [*command, "show", id, *where], capture_output=True, text=True, check=True
        ).stdout
        assert "You have chosen to subscribe to the topic:" in shown
    assert [path.parent.name for path in (tmp_path / "mail").rglob("*.*") if path.is_file()] == ["new"]


class MailServer:
    """Speaks as much SMTP as a client needs; ``answers`` are the next replies to RCPT, then 250."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.got: Queue[tuple[list[str], str]] = Queue()
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                recipients: list[str] = []
                while line := self.rfile.readline().decode().strip():
                    verb = line.split(" ")[0].upper()
                    if verb == "DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                        outer.got.put((recipients, "".join(lines)))
                        self.wfile.write(b"250 taken\r\n")
                    elif verb == "RCPT":
                        recipients.append(line.partition("<")[2].partition(">")[0])
                        reply = outer.answers.pop(0) if outer.answers else "250 yes"
                        self.wfile.write(f"{reply}\r\n".encode())
                    elif verb == "QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        self.wfile.write(b"250 yes\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    made = MailServer()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_mail_is_sent_by_smtp_and_tried_again_when_it_is_deferred(smtp: MailServer) -> None:
    with LocalServer(smtp=smtp.url, mail_from="tides@example.org") as server:
        smtp.answers = ["451 later"]
        subscribe(server, make_topic(server, "smtp"), "email", "far@example.com")
        server.settle()
        assert smtp.got.qsize() == 0
        server.advance(10)
        recipients, text = smtp.got.get(timeout=PATIENCE_S)
        message = message_from_string(text, policy=mail_policy.default)
        assert (recipients, message["To"]) == (["far@example.com"], "far@example.com")
        assert message["From"] == "AWS Notifications <tides@example.org>"
        assert ask(server, "GET", "/_penstock/mail")[0] == 404


def test_mail_that_is_refused_for_good_is_dead(smtp: MailServer) -> None:
    with LocalServer(smtp=smtp.url) as server:
        smtp.answers = ["550 nobody here"]
        arn = subscribe(server, make_topic(server, "smtp"), "email", "nobody@example.com")
        server.settle()
        (told,) = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
        assert (told["attempts"], "nobody here" in told["error"]) == (1, True)


def test_a_mail_server_that_is_away_is_tried_for_six_hours() -> None:
    with LocalServer(smtp="smtp://127.0.0.1:1") as server:
        arn = subscribe(server, make_topic(server, "away"), "email", "far@example.com")
        server.settle()
        assert ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"] == []
        server.advance(8 * 3600)
        server.settle()
        (told,) = ask(server, "GET", f"/_penstock/dead?target={arn}")[1]["deliveries"]
        assert told["attempts"] >= 2
