"""Answers that are streams of events, read by botocore."""

import asyncio
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.exceptions import EventStreamError
from botocore.parsers import create_parser

from penstock.errors import AwsError
from penstock.wire import Events, WireResponse, codec, load_model


class Body:
    """A body as botocore takes it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        for start in range(0, len(self._data), 7):
            yield self._data[start : start + 7]

    def close(self) -> None:
        """Closes nothing."""


async def tailed() -> Events:
    yield "sessionStart", {"sessionId": "s", "logGroupIdentifiers": ["a"]}
    yield "sessionUpdate", {"sessionMetadata": {"sampled": False}, "sessionResults": [{"message": "é\0"}]}
    raise AwsError("SessionTimeoutException", "three hours")


async def invoked() -> Events:
    yield "PayloadChunk", {"Payload": bytes(range(256))}
    yield "PayloadChunk", {"Payload": b""}
    yield "InvokeComplete", {"LogResult": "bGlucw=="}
    raise AwsError("Surprise", "not in the model")


async def whole(response: WireResponse) -> bytes:
    assert not isinstance(response.body, bytes)
    return b"".join([piece async for piece in response.body])


def read(service: str, operation: str, protocol: str, result: dict[str, Any]) -> dict[str, Any]:
    response = codec(load_model(service), protocol).serialize(
        load_model(service).operations[operation], result, "request-1"
    )
    headers = {name.decode(): value.decode() for name, value in response.headers}
    assert headers["content-type"] == "application/vnd.amazon.eventstream"
    body = Body(asyncio.run(whole(response)))
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape
    parsed: dict[str, Any] = create_parser(protocol).parse(
        {"body": body, "headers": HeadersDict(headers), "status_code": response.status, "context": {}}, shape
    )
    return parsed


def test_events_come_as_they_were_given_and_an_exception_ends_them() -> None:
    events = iter(read("logs", "StartLiveTail", "json", {"responseStream": tailed()})["responseStream"])
    assert next(events) == {"sessionStart": {"sessionId": "s", "logGroupIdentifiers": ["a"]}}
    update = {"sessionMetadata": {"sampled": False}, "sessionResults": [{"message": "é\0"}]}
    assert next(events) == {"sessionUpdate": update}
    with pytest.raises(EventStreamError, match=r"SessionTimeoutException.*three hours"):
        next(events)


def test_a_payload_travels_as_it_is_and_other_members_in_headers() -> None:
    result = {"StatusCode": 200, "ExecutedVersion": "7", "EventStream": invoked()}
    answer = read("lambda", "InvokeWithResponseStream", "rest-json", result)
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "7")
    events = iter(answer["EventStream"])
    assert next(events) == {"PayloadChunk": {"Payload": bytes(range(256))}}
    assert next(events) == {"PayloadChunk": {"Payload": b""}}
    assert next(events) == {"InvokeComplete": {"LogResult": "bGlucw=="}}
    with pytest.raises(EventStreamError, match=r"Surprise.*not in the model"):
        next(events)


def test_a_stream_that_nobody_reads_to_its_end_is_closed() -> None:
    closed = []

    async def endless() -> Events:
        try:
            while True:
                yield "sessionUpdate", {}
        finally:
            closed.append(True)

    async def read_some() -> None:
        model = load_model("logs")
        operation = model.operations["StartLiveTail"]
        response = codec(model, "json").serialize(operation, {"responseStream": endless()}, "request-1")
        body: Any = response.body
        await anext(body)
        await anext(body)
        await body.aclose()

    asyncio.run(read_some())
    assert closed
