"""Function URLs: made, called by everybody or by whom policies allow, and what a browser hears."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, client, make_function, make_role, open_to_all, run

from penstock.testing import LocalServer

ARN = "arn:aws:lambda:us-east-1:000000000000:function"
ECHO = "def handler(event, context):\n    return event\n"


def make_url(server: LocalServer, name: str, source: str, role: str, **settings: Any) -> str:
    make_function(server, name, source, Role=role)
    settings.setdefault("AuthType", "NONE")
    made = client(server, "lambda").create_function_url_config(FunctionName=name, **settings)
    if settings["AuthType"] == "NONE":
        open_to_all(server, name)
    url: str = made["FunctionUrl"]
    return url


def call(
    url: str, method: str = "GET", body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, sent)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    return make_role(server, "shared", *LOGS)


@pytest.fixture
def aws(server: LocalServer) -> Any:
    return client(server, "lambda")


def test_a_request_comes_as_an_event_of_format_2(server: LocalServer, role: str) -> None:
    url = make_url(server, "echo", ECHO, role)

    status, _, body = call(
        f"{url}a/b%20c?x=1&x=2&y=", "POST", b"text", content_type="text/plain", cookie="a=1; b=2"
    )

    event = json.loads(body)
    assert status == 200
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "$default", "/a/b%20c")
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("x=1&x=2&y=", {"x": "1,2", "y": ""})
    assert (event["body"], event["isBase64Encoded"]) == ("text", False)
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"]["content-type"] == "text/plain"
    context = event["requestContext"]
    assert (context["accountId"], context["stage"]) == ("anonymous", "$default")
    assert context["http"]["method"] == "POST"
    assert context["domainName"] == f"{context['apiId']}.lambda-url.us-east-1.on.aws"
    assert "authorizer" not in context
    binary = json.loads(call(url, "POST", b"\xff", content_type="application/octet-stream")[2])
    assert (binary["body"], binary["isBase64Encoded"]) == ("/w==", True)


def test_the_host_of_a_url_leads_to_its_function(server: LocalServer, role: str) -> None:
    url = make_url(server, "hosted", ECHO, role)
    id = url.rstrip("/").rpartition("/")[2]

    status, _, body = call(f"{server.endpoint}/p?q=1", host=f"{id}.lambda-url.us-east-1.localhost")

    assert (status, json.loads(body)["rawPath"]) == (200, "/p")
    assert call(f"{server.endpoint}/p", host="nobody.lambda-url.us-east-1.localhost")[0] == 403


ANSWERS: list[tuple[object, int, str, bytes]] = [
    ({"a": 1}, 200, "application/json", b'{"a": 1}'),
    ("text", 200, "application/json", b"text"),
    ({"statusCode": 201, "headers": {"Content-Type": "text/html"}, "body": "<p>"}, 201, "text/html", b"<p>"),
    ({"statusCode": 200, "body": "/w==", "isBase64Encoded": True}, 200, "application/json", b"\xff"),
    ({"statusCode": 204}, 204, "application/json", b""),
    ({"statusCode": "no"}, 502, "application/json", b"Internal Server Error"),
    ({"statusCode": 200, "headers": {"a\r\nb": "c"}}, 502, "application/json", b"Internal Server Error"),
    ({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, 502, "application/json", b"Internal Server Error"),
    ({"statusCode": 200, "headers": 3}, 502, "application/json", b"Internal Server Error"),
    ({"statusCode": 200, "cookies": 3}, 502, "application/json", b"Internal Server Error"),
    (
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        502,
        "application/json",
        b"Internal Server Error",
    ),
    ({"statusCode": 9}, 502, "application/json", b"Internal Server Error"),
]


def test_the_answer_of_the_function_is_the_response(server: LocalServer, role: str) -> None:
    source = "import json\ndef handler(event, context):\n    return json.loads(event['body'])\n"
    url = make_url(server, "answering", source, role)

    for answer, status, kind, body in ANSWERS:
        found = call(url, "POST", json.dumps(answer).encode(), content_type="application/json")
        assert (found[0], found[1]["content-type"], found[2]) == (status, kind, body), answer
    cookies = {
        "statusCode": 200,
        "cookies": ["a=1", "b=2"],
        "headers": {"X-Own": "1", "Content-Length": "99"},
    }
    _, headers, _ = call(url, "POST", json.dumps(cookies).encode(), content_type="application/json")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert (headers["x-own"], headers["content-length"]) == ("1", "0")
    assert call(url, "POST", b"no json", content_type="text/plain")[0] == 502


def test_without_the_policy_nobody_comes_in(server: LocalServer, aws: Any, role: str) -> None:
    url = make_url(server, "closed", ECHO, role)
    for sid, other in (("invoke", "url"), ("url", "invoke")):
        assert call(url)[0] == 200
        aws.remove_permission(FunctionName="closed", StatementId=sid)
        status, headers, body = call(url)
        assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
        assert json.loads(body)["Message"].startswith("Forbidden")
        aws.remove_permission(FunctionName="closed", StatementId=other)
        open_to_all(server, "closed")
    aws.delete_function_url_config(FunctionName="closed")
    assert call(url)[0] == 403


def test_a_url_for_iam_wants_a_signature_of_who_may(server: LocalServer, role: str) -> None:
    url = make_url(server, "signed", ECHO, role, AuthType="AWS_IAM")
    found = client(server, "sts")._get_credentials()

    def sent(secret: str, body: bytes = b"{}") -> tuple[int, http.client.HTTPMessage, bytes]:
        request = AWSRequest("POST", f"{url}x", data=body, headers={"content-type": "application/json"})
        SigV4Auth(Credentials(found.access_key, secret, found.token), "lambda", "us-east-1").add_auth(request)
        return call(f"{url}x", "POST", body, **dict(request.headers.items()))

    status, _, body = sent(found.secret_key)

    assert status == 200
    context = json.loads(body)["requestContext"]
    assert context["accountId"] == "000000000000"
    assert context["authorizer"]["iam"]["userArn"] == "arn:aws:iam::000000000000:root"
    assert sent("wrong")[0] == 403
    assert call(f"{url}x", "POST", b"{}")[0] == 403


def test_an_alias_has_a_url_of_its_own(server: LocalServer, aws: Any, role: str) -> None:
    version = "def handler(event, context):\n    return context.function_version\n"
    make_function(server, "staged", version, Role=role, Publish=True)
    aws.create_alias(FunctionName="staged", Name="live", FunctionVersion="1")
    made = aws.create_function_url_config(FunctionName="staged", Qualifier="live", AuthType="NONE")
    aws.create_function_url_config(FunctionName="staged", AuthType="NONE")
    open_to_all(server, "staged:live")

    assert made["FunctionArn"] == f"{ARN}:staged:live"
    assert call(made["FunctionUrl"])[2] == b"1"
    listed = aws.list_function_url_configs(FunctionName="staged")["FunctionUrlConfigs"]
    assert [each["FunctionArn"] for each in listed] == [f"{ARN}:staged", f"{ARN}:staged:live"]
    aws.delete_alias(FunctionName="staged", Name="live")
    assert call(made["FunctionUrl"])[0] == 403
    aws.delete_function(FunctionName="staged")
    assert call(listed[0]["FunctionUrl"])[0] == 403


def test_a_browser_hears_what_the_url_says_of_origins(server: LocalServer, aws: Any, role: str) -> None:
    cors = {
        "AllowOrigins": ["https://page.example"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["x-own"],
        "ExposeHeaders": ["x-more"],
        "MaxAge": 60,
    }
    answer = {"statusCode": 200, "headers": {"Access-Control-Max-Age": "1"}}
    source = f"def handler(event, context):\n    return {answer}\n"
    url = make_url(server, "shared-with", source, role, Cors=cors)

    asked = {"origin": "https://page.example", "access_control_request_method": "POST"}
    status, headers, body = call(url, "OPTIONS", **asked)

    assert (status, body) == (200, b"")
    assert headers["access-control-allow-origin"] == "https://page.example"
    assert headers["access-control-allow-methods"] == "GET,POST"
    assert headers["access-control-allow-headers"] == "x-own"
    assert headers["access-control-max-age"] == "60"
    _, headers, _ = call(url, origin="https://page.example")
    assert headers["access-control-allow-origin"] == "https://page.example"
    assert headers["access-control-expose-headers"] == "x-more"
    assert headers["access-control-max-age"] is None
    assert call(url, origin="https://other.example")[1]["access-control-allow-origin"] is None
    aws.update_function_url_config(FunctionName="shared-with", Cors={"AllowOrigins": ["*"]})
    assert call(url, origin="https://other.example")[1]["access-control-allow-origin"] == "*"


def test_what_cannot_be_is_refused(server: LocalServer, aws: Any, role: str) -> None:
    make_url(server, "refusing", ECHO, role)

    with pytest.raises(ClientError, match="FunctionUrlConfig exists for this Lambda function"):
        aws.create_function_url_config(FunctionName="refusing", AuthType="NONE")
    with pytest.raises(ClientError, match="Function not found: "):
        aws.delete_function_url_config(FunctionName="refusing", Qualifier="nobody")
    aws.delete_function_url_config(FunctionName="refusing")
    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        aws.get_function_url_config(FunctionName="refusing")
    assert run(server, "refusing", 7)["Payload"] == 7
