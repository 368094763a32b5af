"""What tests of topics need: topics, queues that let them in, and webhooks that keep what they get."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.request import urlopen

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from penstock.testing import LocalServer
from tests.kit.functions import client, make_queue
from tests.kit.policies import ACCOUNT, document

PATIENCE_S = 60


def sns_may_send(topic: str | None = None) -> str:
    """Returns the policy of a queue that takes the messages of topics, of one alone when it is given."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    if topic:
        statement["Condition"] = {
            "ArnEquals": {"aws:SourceArn": topic},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }
    return document(statement)


def s3_may_publish(topic: str, bucket: str) -> str:
    """Returns the policy of a topic that takes the events of ``bucket``."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "SNS:Publish",
            "Resource": topic,
            "Condition": {
                "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
                "StringEquals": {"aws:SourceAccount": ACCOUNT},
            },
        }
    )


def make_topic(server: LocalServer, name: str, **attributes: str) -> str:
    """Returns the ARN of a new topic."""
    arn: str = client(server, "sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]
    return arn


def subscribe(server: LocalServer, topic: str, protocol: str, endpoint: str, **attributes: str) -> str:
    """Returns the ARN of a new subscription, confirmed or not."""
    made = client(server, "sns").subscribe(
        TopicArn=topic,
        Protocol=protocol,
        Endpoint=endpoint,
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    arn: str = made["SubscriptionArn"]
    return arn


def subscribed_queue(server: LocalServer, topic: str, name: str, **attributes: str) -> tuple[str, str]:
    """Returns the URL of a new queue, and the ARN of its subscription to ``topic``."""
    url, arn = make_queue(server, name, Policy=sns_may_send(topic))
    return url, subscribe(server, topic, "sqs", arn, **attributes)


def check_signature(found: dict[str, str]) -> None:
    """Returns when the document is signed as AWS's page says."""
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if found["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    signed = "".join(f"{name}\n{found[name]}\n" for name in names if name in found)
    with urlopen(found["SigningCertURL"]) as answer:
        key = x509.load_pem_x509_certificate(answer.read()).public_key()
    digest = {"1": hashes.SHA1(), "2": hashes.SHA256()}[found["SignatureVersion"]]
    key.verify(base64.b64decode(found["Signature"]), signed.encode(), PKCS1v15(), digest)  # type: ignore[union-attr,call-arg,arg-type]


class Webhook:
    """An HTTP endpoint: ``answers`` are the next statuses, then 200; ``got`` what has come."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[int] = []
        self.headers: dict[str, str] = {}
        self._got: Queue[tuple[dict[str, str], str]] = Queue()

    def next(self) -> tuple[dict[str, str], str]:
        """Returns headers (lower-case) and body of the next request, when it has come."""
        return self._got.get(timeout=PATIENCE_S)

    def next_json(self) -> dict[str, Any]:
        """Returns the body of the next request, parsed."""
        found: dict[str, Any] = json.loads(self.next()[1])
        return found

    @property
    def waiting(self) -> int:
        """Returns how many requests have come that nobody has asked for."""
        return self._got.qsize()

    def take(self, headers: dict[str, str], body: str) -> int:
        """Keeps a request and returns the status of its answer."""
        self._got.put((headers, body))
        return self.answers.pop(0) if self.answers else 200


@contextmanager
def webhook(*, host: str = "127.0.0.1", path: str = "/hook") -> Iterator[Webhook]:
    """Yields an endpoint that answers on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        # HTTP/1.0: no connection outlives the endpoint.
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status = made.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    httpd = ThreadingHTTPServer((host, 0), Handler)
    httpd.daemon_threads = True
    made = Webhook(f"http://{host}:{httpd.server_port}{path}")
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
