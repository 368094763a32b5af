"""Fair queues: a noisy tenant's backlog does not hold up the others'.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
"""

from typing import Any

import pytest

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def url(sqs: Any, request: pytest.FixtureRequest) -> str:
    """A standard queue of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[-80:]
    return sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]


def send(sqs: Any, url: str, tenant: str | None, count: int) -> None:
    group = {} if tenant is None else {"MessageGroupId": tenant}
    left = count
    while left > 0:
        entries = [
            {"Id": str(number), "MessageBody": tenant or "alone", **group} for number in range(min(10, left))
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        left -= 10


def take(sqs: Any, url: str, count: int) -> list[dict[str, Any]]:
    """Returns ``count`` messages, or what there are, as one receive after another gives them."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=min(10, count - len(found)))
        if "Messages" not in got:
            break
        found += got["Messages"]
    return found


def tenants(messages: list[dict[str, Any]]) -> list[str]:
    return [message["Body"] for message in messages]


def finish(sqs: Any, url: str, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_quiet_tenants_come_before_the_backlog_of_a_noisy_one(sqs: Any, url: str) -> None:
    send(sqs, url, "noisy", 100)
    send(sqs, url, "quiet", 2)
    send(sqs, url, "other", 1)
    assert tenants(take(sqs, url, 30)) == ["noisy"] * 30
    assert tenants(take(sqs, url, 5)) == ["quiet", "quiet", "other", "noisy", "noisy"]
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 1)) == ["quiet"]


def test_a_message_without_a_group_is_a_tenant_of_its_own(sqs: Any, url: str) -> None:
    send(sqs, url, "noisy", 60)
    send(sqs, url, None, 40)
    take(sqs, url, 30)
    assert tenants(take(sqs, url, 40)) == ["alone"] * 40
    assert tenants(take(sqs, url, 50)) == ["noisy"] * 30


def test_nobody_is_noisy_with_less_than_thirty_in_flight_or_a_tenth(sqs: Any, url: str) -> None:
    send(sqs, url, "busy", 29)
    send(sqs, url, "next", 1)
    send(sqs, url, "busy", 1)
    assert tenants(take(sqs, url, 31)) == ["busy"] * 29 + ["next", "busy"]


def test_of_two_noisy_tenants_the_one_with_less_in_flight_is_first(sqs: Any, url: str) -> None:
    send(sqs, url, "one", 60)
    send(sqs, url, "two", 60)
    first = take(sqs, url, 40)
    assert tenants(first) == ["one"] * 30 + ["two"] * 10
    second = take(sqs, url, 20)
    assert tenants(second) == ["two"] * 20
    finish(sqs, url, second)  # now both are noisy, and less of "two" is in flight
    assert tenants(take(sqs, url, 10)) == ["two"] * 10


def test_a_tenant_whose_backlog_is_gone_is_quiet_again(
    sqs: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It has processed everything by itself, which would say something if it had taken long.
    monkeypatch.setattr("penstock.services.sqs.tenants._MIN_PROCESSING_MS", 1 << 40)
    send(sqs, url, "noisy", 40)
    finish(sqs, url, take(sqs, url, 41))
    send(sqs, url, "noisy", 2)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 3)) == ["noisy", "noisy", "quiet"]


def test_a_tenant_that_sends_nothing_for_five_minutes_is_quiet_again(
    sqs: Any, url: str, server: LocalServer
) -> None:
    send(sqs, url, "noisy", 60)
    send(sqs, url, "quiet", 1)
    first = take(sqs, url, 31)
    assert tenants(first)[-1] == "quiet"
    server.advance(200)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 1)) == ["quiet"]
    finish(sqs, url, first)
    server.advance(100)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 10)) == ["noisy"] * 10


def test_a_tenant_whose_messages_take_long_is_noisy_with_few_in_flight(
    sqs: Any, url: str, server: LocalServer
) -> None:
    send(sqs, url, "slow", 2)
    for tenant in range(12):
        send(sqs, url, f"swift{tenant}", 1)
    taken = take(sqs, url, 14)
    finish(sqs, url, taken[2:])
    server.advance(60)
    finish(sqs, url, taken[:2])
    send(sqs, url, "slow", 2)
    send(sqs, url, "swift0", 1)
    assert tenants(take(sqs, url, 3)) == ["swift0", "slow", "slow"]


def test_messages_of_a_noisy_tenant_come_back_after_quiet_ones(
    sqs: Any, url: str, server: LocalServer
) -> None:
    send(sqs, url, "noisy", 31)
    take(sqs, url, 30)
    (message,) = take(sqs, url, 1)
    show = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
    sqs.change_message_visibility(**show)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 2)) == ["quiet", "noisy"]


def test_a_backlog_is_looked_through_once(
    sqs: Any, url: str, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.services.sqs.messages.take_fairly._AHEAD", 40)
    for _ in range(10):
        send(sqs, url, "noisy", 10)
        server.advance(1)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 30)) == ["noisy"] * 30
    found = tenants([message for _ in range(6) for message in take(sqs, url, 1)])
    assert found[0] == "noisy", "the first receive does not look that far"
    assert found.index("quiet") < 4, "each receive looks further"


def test_dead_letters_and_old_messages_are_no_harm_to_it(sqs: Any, server: LocalServer) -> None:
    attributes = {"MessageRetentionPeriod": "60"}
    url = sqs.create_queue(QueueName="fair-and-old", Attributes=attributes)["QueueUrl"]
    send(sqs, url, "noisy", 50)
    take(sqs, url, 31)
    server.advance(61)
    send(sqs, url, "quiet", 1)
    assert tenants(take(sqs, url, 5)) == ["quiet"]
