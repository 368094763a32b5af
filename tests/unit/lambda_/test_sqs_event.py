"""AWS's rules for what a batch's answer says."""

import pytest

from penstock.services.batch_response import failed_messages

ALL = {"a", "b"}


@pytest.mark.parametrize(
    ("response", "failed"),
    [
        (b"null", set()),
        (b"", set()),
        (b"{}", set()),
        (b'{"batchItemFailures": []}', set()),
        (b'{"batchItemFailures": null}', set()),
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}]}', {"b"}),
        (b'{"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}', {"b"}),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', ALL),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', ALL),
        (b'{"batchItemFailures": [{"itemIdentifier": ["a"]}]}', ALL),
        (b'{"batchItemFailures": [{"wrong": "a"}]}', ALL),
        (b'{"batchItemFailures": [{"itemIdentifier": "c"}]}', ALL),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}', ALL),
        (b'{"batchItemFailures": ["a"]}', ALL),
        (b'{"batchItemFailures": "a"}', ALL),
        (b'{"other": 1}', ALL),
        (b'"text"', ALL),
        (b"no json", ALL),
    ],
)
def test_the_answer_names_the_messages_that_failed(response: bytes, failed: set[str]) -> None:
    assert failed_messages(response, ALL) == failed
