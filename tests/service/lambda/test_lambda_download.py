"""Packages, fetched from where ``Code.Location`` leads.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html ("a link to download … that's valid for 10
minutes").
"""

import hashlib
import http.client
from urllib.parse import urlsplit

import pytest
from tests.kit.functions import client, make_function, zip_of

from penstock.testing import LocalServer

ONE = "def handler(event, context):\n    return 1\n"


def fetch(url: str, method: str = "GET") -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def location(server: LocalServer, name: str) -> str:
    code = client(server, "lambda").get_function(FunctionName=name)["Code"]
    assert code["RepositoryType"] == "S3"
    return str(code["Location"])


def test_the_package_can_be_fetched_without_a_signature_of_one_s_own(server: LocalServer) -> None:
    code = zip_of(ONE)
    make_function(server, "fetched", ONE, Code={"ZipFile": code})

    url = location(server, "fetched")

    assert url.startswith(f"{server.endpoint}/")
    assert fetch(url) == (200, code)
    assert fetch(url, "HEAD") == (200, b"")
    assert fetch(url, "POST")[0] == 405


def test_a_large_package_comes_whole(server: LocalServer) -> None:
    code = zip_of(ONE, data=hashlib.shake_256(b"seed").hexdigest(3_000_000))
    make_function(server, "large-fetched", ONE, Code={"ZipFile": code})

    assert fetch(location(server, "large-fetched")) == (200, code)


def test_the_url_is_good_for_ten_minutes(server: LocalServer) -> None:
    make_function(server, "expires", ONE)
    url = location(server, "expires")
    server.clock.freeze()
    try:
        server.advance(590)
        assert fetch(url)[0] == 200
        server.advance(20)
        status, body = fetch(url)
    finally:
        server.clock.resume()

    assert status == 403
    assert b"Request has expired" in body


@pytest.mark.parametrize(
    "bend",
    [
        lambda url: url.partition("?")[0],
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.replace("X-Amz-Date=2", "X-Amz-Date=3"),
        lambda url: url.replace("X-Amz-Date=2", "X-Amz-Date=%C2%B2"),
        lambda url: url.replace("X-Amz-Signature=", "X-Amz-Signature=%C3%A9"),
        lambda url: url.replace("/package/", "/package/../"),
        lambda url: url.replace("/package/", "/package/0"),
        lambda url: url.replace("/package/", "/package/%00"),
        lambda url: url.replace("/package/", "/package/%ED%A0%80"),
    ],
)
def test_a_url_that_was_bent_gives_nothing(server: LocalServer, bend: object) -> None:
    if "bent" not in [f["FunctionName"] for f in client(server, "lambda").list_functions()["Functions"]]:
        make_function(server, "bent", ONE)
    url = location(server, "bent")
    assert callable(bend)

    status, body = fetch(bend(url))

    assert status in (403, 404)
    assert b"PK" not in body


def test_a_package_that_has_been_replaced_is_not_there(server: LocalServer) -> None:
    make_function(server, "replaced-fetched", ONE)
    url = location(server, "replaced-fetched")

    client(server, "lambda").update_function_code(FunctionName="replaced-fetched", ZipFile=zip_of("x = 1"))

    assert fetch(url)[0] == 404
