"""A service or an operation that is not there says so by name, in the protocol that the client speaks."""

from http.client import HTTPConnection
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import client_config

CALLS = [
    ("athena", "list_work_groups", {}, "athena (ListWorkGroups)"),
    ("cloudformation", "list_stacks", {}, "cloudformation (ListStacks)"),
    ("stepfunctions", "list_state_machines", {}, "states (ListStateMachines)"),
    ("kinesis", "list_streams", {}, "kinesis (ListStreams)"),
    ("apigateway", "get_rest_apis", {}, "apigateway (GET /restapis)"),
    ("ses", "list_identities", {}, "ses (ListIdentities)"),
]


def refused(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(("service", "method", "params", "named"), CALLS)
def test_a_service_that_is_not_there_is_named(
    server: LocalServer, service: str, method: str, params: dict[str, Any], named: str
) -> None:
    answer = refused(getattr(server.client(service), method), **params)
    assert answer == ("NotImplemented", f"This server has no service {named}.", 501)


@pytest.mark.parametrize(
    ("service", "method", "params", "named"),
    [
        ("dynamodb", "list_contributor_insights", {}, "dynamodb:ListContributorInsights"),
        ("iam", "list_organizations_features", {}, "iam:ListOrganizationsFeatures"),
        ("lambda", "list_capacity_providers", {}, "lambda:ListCapacityProviders"),
        ("logs", "list_anomalies", {}, "logs:ListAnomalies"),
        ("s3", "get_object_torrent", {"Bucket": "any", "Key": "k"}, "s3:GetObjectTorrent"),
    ],
)
def test_an_operation_that_is_not_there_is_named(
    server: LocalServer, service: str, method: str, params: dict[str, Any], named: str
) -> None:
    code, message, status = refused(getattr(server.client(service), method), **params)
    assert (code, status) == ("NotImplemented", 501) and named in message


def test_an_unsigned_request_is_answered_in_the_protocol_it_speaks(server: LocalServer) -> None:
    connection = HTTPConnection(server.endpoint.removeprefix("http://"))
    connection.request("POST", "/", b"{}", {"x-amz-target": "Nobody_2020.DoIt"})
    response = connection.getresponse()
    assert response.status == 501
    assert b'"This server has no service Nobody_2020 (DoIt)."' in response.read()
    connection.request("GET", "/?Action=DoIt&Version=2001-01-01")
    response = connection.getresponse()
    assert response.status == 501
    assert b"This server has no service 2001-01-01 (DoIt)." in response.read()
    connection.close()


def test_services_are_found_by_name_in_the_host(server: LocalServer) -> None:
    connection = HTTPConnection(server.endpoint.removeprefix("http://"))
    connection.request("GET", "/", headers={"host": "iam.localhost"})
    assert b"<ErrorResponse" in connection.getresponse().read()
    connection.request("GET", "/k", headers={"host": "iam.s3.localhost"})
    assert b"<Error><Code>NoSuchBucket</Code>" in connection.getresponse().read()
    connection.close()


def test_a_form_that_nobody_signed_is_for_the_service_with_such_operations(server: LocalServer) -> None:
    unsigned = client_config().merge(Config(signature_version="unsigned"))
    sts = server.client("sts", config=unsigned)
    assert refused(
        sts.assume_role_with_web_identity,
        RoleArn="arn:aws:iam::000000000000:role/r",
        RoleSessionName="ss",
        WebIdentityToken="tokens",
    )[::2] == ("InvalidIdentityToken", 400)


def test_an_operation_that_is_refused_says_what_is_lacking(server: LocalServer) -> None:
    rules = {"Rules": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    put = server.client("s3").put_bucket_lifecycle_configuration
    text = (
        "s3:PutBucketLifecycleConfiguration is not implemented by this server, which has no lifecycle rules."
    )
    assert refused(put, Bucket="any", LifecycleConfiguration=rules) == ("NotImplemented", text, 501)
    put = server.client("lambda").put_runtime_management_config
    text = (
        "lambda:PutRuntimeManagementConfig is not implemented by this server, which has no runtime updates."
    )
    assert refused(put, FunctionName="any", UpdateRuntimeOn="Auto") == ("NotImplemented", text, 501)
