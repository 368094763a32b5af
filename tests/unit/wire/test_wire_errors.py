"""Errors, as botocore's clients read them."""

from typing import Any

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser
from wire_samples import botocore_model

from penstock.errors import AwsError
from penstock.wire import WireResponse, codec, load_model


def answer(service: str, protocol: str, error: AwsError, operation: str | None = None) -> WireResponse:
    model = load_model(service)
    chosen = model.operations[operation] if operation else None
    return codec(model, protocol).serialize_error(chosen, error, "request-1")


def read(service: str, protocol: str, error: AwsError, operation: str | None = None) -> dict[str, Any]:
    """Returns what a client sees: code, message, status and request id."""
    response = answer(service, protocol, error, operation)
    headers = HeadersDict({name.decode(): value.decode() for name, value in response.headers})
    raw = {"status_code": response.status, "headers": headers, "body": response.body, "context": {}}
    model = botocore_model(service)
    shape = model.operation_model(operation).output_shape if operation else None
    parsed = create_parser(protocol).parse(raw, shape)
    metadata = parsed["ResponseMetadata"]
    return {**parsed["Error"], "status": metadata["HTTPStatusCode"], "id": metadata["RequestId"]}


@pytest.mark.parametrize(
    ("service", "protocol", "code", "seen", "status"),
    [
        ("s3", "rest-xml", "NoSuchKey", "NoSuchKey", 404),
        ("lambda", "rest-json", "ResourceNotFoundException", "ResourceNotFoundException", 404),
        ("lambda", "rest-json", "ServiceException", "ServiceException", 500),
        ("logs", "json", "ResourceNotFoundException", "ResourceNotFoundException", 400),
        ("dynamodb", "json", "ConditionalCheckFailedException", "ConditionalCheckFailedException", 400),
        ("dynamodb", "json", "InternalServerError", "InternalServerError", 500),
        ("sqs", "json", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
        ("iam", "query", "NoSuchEntity", "NoSuchEntity", 404),
        ("iam", "query", "NoSuchEntityException", "NoSuchEntity", 404),
        ("sns", "query", "NotFound", "NotFound", 404),
        ("sns", "query", "InternalErrorException", "InternalError", 500),
        ("sts", "query", "ExpiredTokenException", "ExpiredTokenException", 400),
        ("cloudwatch", "smithy-rpc-v2-cbor", "InvalidParameterValue", "InvalidParameterValue", 400),
        ("cloudwatch", "json", "LimitExceeded", "LimitExceeded", 400),
        ("cloudwatch", "query", "LimitExceededFault", "LimitExceeded", 400),
    ],
)
def test_clients_see_the_code_and_the_models_status(
    service: str, protocol: str, code: str, seen: str, status: int
) -> None:
    found = read(service, protocol, AwsError(code, "It is <so> & é"))
    assert found["Code"] == seen
    assert found["Message"] == "It is <so> & é"
    assert (found["status"], found["id"]) == (status, "request-1")


def test_a_code_that_two_shapes_share_means_the_operations_own() -> None:
    error = AwsError("ResourceNotFound", "no dashboard")
    model = load_model("cloudwatch")
    wire = codec(model, "smithy-rpc-v2-cbor")
    assert b"DashboardNotFoundError" not in answer("cloudwatch", "smithy-rpc-v2-cbor", error).body  # type: ignore[operator]
    response = wire.serialize_error(model.operations["GetDashboard"], AwsError("DashboardNotFoundError"), "r")
    assert (b"x-amzn-query-error", b"ResourceNotFound;Sender") in response.headers


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_sqs_tells_both_kinds_of_client(code: str) -> None:
    response = answer("sqs", "json", AwsError(code, "no"))
    assert response.body == b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no"}'
    name = b"AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert (b"x-amzn-query-error", name) in response.headers
    assert (
        b"<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in answer("sqs", "query", AwsError(code)).body
    )  # type: ignore[operator]


def test_errors_that_all_services_share_are_qualified_as_such() -> None:
    response = answer("sqs", "json", AwsError("AccessDeniedException", "no", status=403))
    assert response.body == b'{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}'
    response = answer("dynamodb", "json", AwsError("ValidationException", "no"))
    assert response.body == b'{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}'


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("ResourceNotFoundException", b'{"Type":"User","Message":"no"}'),
        ("InvalidParameterValueException", b'{"Type":"User","message":"no"}'),
        ("ServiceException", b'{"Type":"Service","Message":"no"}'),
        ("AccessDeniedException", b'{"Message":"no"}'),
    ],
)
def test_lambda_spells_message_as_its_model_does(code: str, body: bytes) -> None:
    response = answer("lambda", "rest-json", AwsError(code, "no"))
    assert response.body == body
    assert (b"x-amzn-errortype", code.encode()) in response.headers


def test_modelled_members_go_along() -> None:
    item = {"pk": {"B": b"\x00"}}
    response = answer("dynamodb", "json", AwsError("ConditionalCheckFailedException", "no", Item=item))
    assert b'"Item":{"pk":{"B":"AA=="}}' in response.body  # type: ignore[operator]
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Item": item}]
    response = answer(
        "dynamodb", "json", AwsError("TransactionCanceledException", CancellationReasons=reasons)
    )
    assert b'"Item":{"pk":{"B":"AA=="}}' in response.body  # type: ignore[operator]


def test_query_says_whose_fault_it_is() -> None:
    assert answer("sns", "query", AwsError("InternalError", "no")).body == (
        b'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Receiver</Type>'
        b"<Code>InternalError</Code><Message>no</Message></Error><RequestId>request-1</RequestId></ErrorResponse>"
    )


@pytest.mark.parametrize(
    ("service", "protocol"),
    [
        ("s3", "rest-xml"),
        ("lambda", "rest-json"),
        ("sqs", "json"),
        ("sqs", "query"),
        ("cloudwatch", "smithy-rpc-v2-cbor"),
    ],
)
def test_an_errors_own_status_and_headers_win(service: str, protocol: str) -> None:
    error = AwsError("SlowDown", "Please", status=503, headers={"Retry-After": "1\r\nX: y"})
    response = answer(service, protocol, error)
    assert response.status == 503
    assert (b"retry-after", b"1  X: y") in response.headers
