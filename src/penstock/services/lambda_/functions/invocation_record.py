"""What a function's owner gets about an asynchronous invocation: the invocation record and the dead letter.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.arn import Arn
from penstock.services.lambda_.functions.invocation import Result
from penstock.services.lambda_.names import LATEST
from penstock.store import Tx

_MAX_ERROR_MESSAGE = 1024
_FUNCTION_ERROR = "200"
_NOT_RUN = "429"


def invocation_record(
    now_ms: int,
    request_id: str,
    function_arn: str,
    condition: str,
    count: int,
    payload: bytes,
    result: Result | None,
) -> str:
    """Returns the JSON text for a destination; ``result`` is None when the last try did not run the function."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.fromtimestamp(now_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{now_ms % 1000:03d}Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{function_arn}:{LATEST}",
            "condition": condition,
            "approximateInvokeCount": count,
        },
        "requestPayload": orjson.Fragment(payload),
    }
    if result:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": LATEST}
        if result.error:
            context["functionError"] = result.error
        record["responseContext"] = context
        record["responsePayload"] = orjson.Fragment(result.payload or b"null")
    return orjson.dumps(record).decode()


def result_event(tx: Tx, record: str, kind: str, function_arn: str, bus_arn: str) -> str:
    """Returns the JSON text of the event in which a bus gets a record; ``kind`` is ``OnSuccess`` or ``OnFailure``."""
    bus, seconds = Arn.parse(bus_arn), tx.now_ms // 1000
    event = {
        "version": "0",
        "id": tx.ids.uuid(),
        "detail-type": f"Lambda Function Invocation Result - {kind.removeprefix('On')}",
        "source": "lambda",
        "account": Arn.parse(function_arn).account,
        "time": datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": bus.region,
        "resources": [bus_arn, f"{function_arn}:{LATEST}"],
        "detail": orjson.Fragment(record),
    }
    return orjson.dumps(event).decode()


def is_bus(arn: str) -> bool:
    """Returns whether the destination is an event bus, which takes events."""
    return Arn.parse(arn).service == "events"


def dead_letter_attributes(request_id: str, result: Result | None, error: str) -> dict[str, dict[str, str]]:
    """Returns the message attributes that a dead letter carries beside the event itself."""
    message = (result.error_message or result.error_type) if result else error
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": _FUNCTION_ERROR if result else _NOT_RUN},
    }
    if shortened := message.encode()[:_MAX_ERROR_MESSAGE].decode("utf-8", "ignore"):
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": shortened}
    return attributes
