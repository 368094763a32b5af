"""A queue may be deleted and made anew between a request's authorisation and its transaction."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.access import Principal
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION


def make_anew_before_the_next_write(server: LocalServer, url: str) -> None:
    """The next request is authorised, and then another queue has the name before its transaction."""
    store = server.app.store
    write = store.write

    async def late(*args: Any, **kwargs: Any) -> Any:
        if not args[0].__module__.startswith("penstock.services.sqs.") or args[0].__module__.endswith(
            ".sweep"
        ):
            return await write(*args, **kwargs)  # what the server does by itself is no request
        store.write = write
        for operation, params in (
            ("DeleteQueue", {"QueueUrl": url}),
            ("CreateQueue", {"QueueName": url.rpartition("/")[2]}),
        ):
            await server.app.gateway(
                "sqs", operation, params, principal=Principal.root(ACCOUNT), account=ACCOUNT, region=REGION
            )
        return await write(*args, **kwargs)

    store.write = late


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("send_message", {"MessageBody": "late"}),
        ("send_message_batch", {"Entries": [{"Id": "1", "MessageBody": "late"}]}),
        ("purge_queue", {}),
        ("delete_queue", {}),
        ("set_queue_attributes", {"Attributes": {"DelaySeconds": "9"}}),
        ("tag_queue", {"Tags": {"whose": "old"}}),
        ("add_permission", {"Label": "all", "AWSAccountIds": ["222222222222"], "Actions": ["*"]}),
    ],
)
def test_what_was_authorised_for_a_queue_does_not_touch_another_of_its_name(
    server: LocalServer, operation: str, params: dict[str, Any]
) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=operation.replace("_", "-"))["QueueUrl"]
    make_anew_before_the_next_write(server, url)

    with pytest.raises(ClientError, match="The specified queue does not exist"):
        getattr(sqs, operation)(QueueUrl=url, **params)

    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["ApproximateNumberOfMessages"], found["DelaySeconds"]) == ("0", "0")
    assert "Policy" not in found
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
