"""Which names a bucket may have."""

import pytest

from penstock.services.s3.buckets.names import is_bucket_name


@pytest.mark.parametrize(
    "name", ["abc", "a" * 63, "my-bucket", "my.bucket.1", "1.2.3", "a1.2-3.b", "a-.b", "a--b"]
)
def test_dns_names_of_3_to_63_characters_are_taken(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "My-bucket",
        "my_bucket",
        "-abc",
        "abc-",
        ".abc",
        "abc.",
        "a..b",
        "a b",
        "é-bucket",
        "abc\n",
    ],
)
def test_other_names_are_refused(name: str) -> None:
    assert not is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "192.168.5.4",
        "xn--abc",
        "sthree-abc",
        "amzn-s3-demo-abc",
        "abc-s3alias",
        "abc--ol-s3",
        "abc.mrap",
        "abc--x-s3",
    ],
)
def test_addresses_and_reserved_names_are_refused(name: str) -> None:
    assert not is_bucket_name(name)
