"""What is remembered of requests, by texts that clients choose, has a bound in length as in number."""

from typing import NamedTuple

import pytest

from penstock.access import OBJECTS, signed_request
from penstock.access.sigv4 import signature
from penstock.errors import AwsError
from penstock.server import directory, host
from penstock.server.request import Request

LONG = "x" * 4000


class Sent(NamedTuple):
    headers: dict[str, str]
    method: str = "GET"
    path: str = "/"
    query: str = ""


async def nothing() -> dict[str, object]:
    return {"type": "http.disconnect"}


def request(headers: dict[str, str]) -> Request:
    return Request("GET", "/", "", headers, 0, "127.0.0.1", nothing)


def authorization(access_key_id: str = "AK", region: str = "r", signed: str = "host") -> str:
    scope = f"{access_key_id}/20261121/{region}/s3/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature=x"


@pytest.mark.parametrize(
    "text",
    [authorization(LONG), authorization(region=LONG), authorization(signed=LONG), f"{LONG}Signature=x"],
)
def test_long_authorization_texts_are_not_remembered(text: str) -> None:
    signature._claim.cache_clear()
    directory._credential_scope.cache_clear()
    headers = {"authorization": text, "x-amz-date": LONG}
    directory.signed_scope(request(headers))
    with pytest.raises(AwsError):
        signed_request(Sent(headers), OBJECTS)
    assert signature._claim.cache_info().currsize == 0
    assert signature._milliseconds.cache_info().currsize <= 256
    assert directory._credential_scope.cache_info().currsize == ("SignedHeaders=" + LONG in text)


def test_long_host_names_are_not_remembered() -> None:
    host.host_name.cache_clear()
    with pytest.raises(AwsError) as caught:
        host.checked_host(request({"host": LONG}))
    assert (caught.value.code, host.host_name.cache_info().currsize) == ("InvalidHostHeader", 0)
