"""URLs presigned with version 2, as botocore makes them."""

from urllib.parse import urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from penstock.access import presigned_v2, verify_v2
from penstock.errors import AwsError


def url(path: str, method: str = "GET", token: str | None = None) -> tuple[str, str]:
    request = AWSRequest(method, f"http://localhost{path}")
    HmacV1QueryAuth(Credentials("AK", "secret", token), expires=3600).add_auth(request)
    parts = urlsplit(request.url)
    return parts.path, parts.query


def check(path: str, query: str, method: str = "GET", before_end_ms: int = 1000) -> None:
    claim = presigned_v2(query)
    assert claim is not None and claim.access_key_id == "AK"
    now_ms = int(claim.expires) * 1000 - before_end_ms
    verify_v2(claim, "secret", method, path, {"host": "localhost"}, now_ms)


@pytest.mark.parametrize("path", ["/b/k", "/b/a%20b%2B", "/b/k?versionId=a%2Fb", "/b/?uploads", "/b/k?acl"])
def test_botocores_urls_verify(path: str) -> None:
    check(*url(path))
    check(*url(path, token="tok/en+"))


def test_another_method_key_or_subresource_is_refused() -> None:
    path, query = url("/b/k")
    for bent in (("/b/other", query, "GET"), (path, query, "PUT"), (path, query + "&acl", "GET")):
        with pytest.raises(AwsError) as caught:
            check(*bent)
        assert caught.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "added", ["retention", "legal-hold", "attributes", "encryption", "publicAccessBlock"]
)
def test_a_parameter_that_version_2_does_not_sign_cannot_change_the_operation(added: str) -> None:
    path, query = url("/b/k")
    with pytest.raises(AwsError) as caught:
        check(path, f"{query}&{added}")
    assert (caught.value.code, caught.value.fields) == ("AccessDenied", {"ParametersNotSigned": added})


def test_a_url_ends_when_it_says() -> None:
    path, query = url("/b/k")
    with pytest.raises(AwsError) as caught:
        check(path, query, before_end_ms=-1)
    assert (caught.value.code, caught.value.message) == ("AccessDenied", "Request has expired")
