"""A form names its operation in the body: to look for it must not hold the loop."""

import threading

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.wire.form import form as fields
from penstock.wire.protocols import query
from tests.kit.functions import client
from tests.kit.topics import make_topic


def test_a_long_form_is_not_decoded_on_the_loop(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def noted(text: bytes | str) -> dict[str, str]:
        if len(text) > 128 * 1024:
            threads.append(threading.current_thread().name)
        return fields(text)

    topic = make_topic(server, "long-forms")
    monkeypatch.setattr(query, "form", noted)
    with pytest.raises(ClientError, match="InvalidParameter"):
        client(server, "sns").publish(TopicArn=topic, Message="%" * 300_000)

    assert threads
    assert "penstock" not in threads, "the loop's own"
