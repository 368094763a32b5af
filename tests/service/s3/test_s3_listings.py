"""ListObjects, ListObjectsV2 and ListObjectVersions over the wire."""

from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer

TREE = ["a/1", "a/2", "b", "c/d/1", "c/e", "d"]
ODD = [
    "//",
    "/",
    "..",
    "a b+c%2F",
    "caf\u00e9",
    "e\u0301",
    "tab\tnl\n",
    "\U0001f4a7",
    "<&\"'>",
    "~*()!",
    "\x7f",
]


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    for name, keys in (("tree", TREE), ("odd", ODD)):
        client.create_bucket(Bucket=name)
        for key in keys:
            client.put_object(Bucket=name, Key=key, Body=key.encode())
    return client


def keys(answer: dict[str, Any]) -> list[str]:
    return [found["Key"] for found in answer.get("Contents", [])]


def prefixes(answer: dict[str, Any]) -> list[str]:
    return [found["Prefix"] for found in answer.get("CommonPrefixes", [])]


def refused(call: Callable[..., Any], **params: Any) -> str:
    """Returns the text of an InvalidArgument answer."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    assert error["Code"] == "InvalidArgument"
    return str(error["Message"])


def test_a_listing_tells_about_each_object(s3: Any) -> None:
    s3.create_bucket(Bucket="about")
    put = s3.put_object(
        Bucket="about", Key="k", Body=b"12345", StorageClass="STANDARD_IA", ChecksumAlgorithm="CRC32"
    )
    (found,) = s3.list_objects_v2(Bucket="about", FetchOwner=True)["Contents"]
    assert (found["Size"], found["ETag"], found["StorageClass"]) == (5, put["ETag"], "STANDARD_IA")
    assert (found["ChecksumAlgorithm"], found["ChecksumType"]) == (["CRC32"], "FULL_OBJECT")
    assert (
        found["LastModified"].replace(microsecond=0)
        == s3.head_object(Bucket="about", Key="k")["LastModified"]
    )
    assert found["Owner"] == s3.list_buckets()["Owner"]
    assert "Owner" not in s3.list_objects_v2(Bucket="about")["Contents"][0]
    assert "Owner" in s3.list_objects(Bucket="about")["Contents"][0]


def test_keys_come_in_the_order_of_their_utf_8_bytes(s3: Any) -> None:
    assert keys(s3.list_objects_v2(Bucket="odd")) == sorted(ODD, key=str.encode)
    assert keys(s3.list_objects(Bucket="odd")) == sorted(ODD, key=str.encode)
    versions = s3.list_object_versions(Bucket="odd")["Versions"]
    assert [found["Key"] for found in versions] == sorted(ODD, key=str.encode)


def test_an_empty_listing_echoes_what_was_asked(s3: Any) -> None:
    answer = s3.list_objects_v2(Bucket="tree", Prefix="none/", Delimiter="/", MaxKeys=7, StartAfter="a")
    assert answer["Name"] == "tree" and answer["Prefix"] == "none/" and answer["Delimiter"] == "/"
    assert (answer["MaxKeys"], answer["KeyCount"], answer["StartAfter"]) == (7, 0, "a")
    assert answer["IsTruncated"] is False
    assert "Contents" not in answer and "CommonPrefixes" not in answer


def test_a_delimiter_rolls_keys_up(s3: Any) -> None:
    answer = s3.list_objects_v2(Bucket="tree", Delimiter="/")
    assert (keys(answer), prefixes(answer), answer["KeyCount"]) == (["b", "d"], ["a/", "c/"], 4)
    answer = s3.list_objects_v2(Bucket="tree", Delimiter="/", Prefix="c/")
    assert (keys(answer), prefixes(answer)) == (["c/e"], ["c/d/"])


def test_common_prefixes_count_toward_max_keys(s3: Any) -> None:
    shown = []
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket="tree", Delimiter="/", PaginationConfig={"PageSize": 1}
    ):
        assert page["KeyCount"] == 1
        shown += keys(page) + prefixes(page)
    assert shown == ["a/", "b", "c/", "d"]


def test_the_first_version_gives_a_next_marker_only_with_a_delimiter(s3: Any) -> None:
    plain = s3.list_objects(Bucket="tree", MaxKeys=2)
    assert plain["IsTruncated"] and "NextMarker" not in plain
    rolled = s3.list_objects(Bucket="tree", MaxKeys=1, Delimiter="/")
    assert (prefixes(rolled), rolled["NextMarker"]) == (["a/"], "a/")
    after = s3.list_objects(Bucket="tree", MaxKeys=1, Delimiter="/", Marker="a/")
    assert (after["Marker"], keys(after), after["NextMarker"]) == ("a/", ["b"], "b")
    paged = s3.get_paginator("list_objects").paginate(Bucket="tree", PaginationConfig={"PageSize": 4})
    assert [key for page in paged for key in keys(page)] == TREE


def test_a_listing_starts_after_any_key(s3: Any) -> None:
    assert keys(s3.list_objects_v2(Bucket="tree", StartAfter="a/1")) == TREE[1:]
    assert keys(s3.list_objects_v2(Bucket="tree", StartAfter="a/11")) == TREE[1:]
    assert keys(s3.list_objects_v2(Bucket="tree", StartAfter="z")) == []
    assert keys(s3.list_objects_v2(Bucket="tree", StartAfter="a/1", Prefix="c")) == TREE[3:5]


def test_max_keys_0_shows_nothing_and_more_than_1000_is_1000(s3: Any) -> None:
    answer = s3.list_objects_v2(Bucket="tree", MaxKeys=0)
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]) == (0, 0, False)
    assert s3.list_objects_v2(Bucket="tree", MaxKeys=5000)["MaxKeys"] == 1000


def test_what_cannot_be_listed_is_refused_in_s3s_words(s3: Any) -> None:
    negative = "Argument maxKeys must be an integer between 0 and 2147483647"
    assert refused(s3.list_objects, Bucket="tree", MaxKeys=-1) == negative
    assert refused(s3.list_objects_v2, Bucket="tree", MaxKeys=-1) == negative
    token = "The continuation token provided is incorrect"
    for wrong in ("", "x", "1abc", "é", "MWE"):
        assert refused(s3.list_objects_v2, Bucket="tree", ContinuationToken=wrong) == token
    encoding = "Invalid Encoding Method specified in Request"
    assert refused(s3.list_objects, Bucket="tree", EncodingType="utf") == encoding
    marker = "A version-id marker cannot be specified without a key marker."
    assert refused(s3.list_object_versions, Bucket="tree", VersionIdMarker="null") == marker


def test_names_are_form_encoded_on_request(server: LocalServer, s3: Any) -> None:
    signer = server.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
    url = signer.generate_presigned_url(
        "list_objects_v2", {"Bucket": "odd", "EncodingType": "url", "Delimiter": "b+", "Prefix": "a "}
    )
    with urlopen(url) as answer:
        text = answer.read().decode()
    assert "<Prefix>a+</Prefix>" in text and "<Delimiter>b%2B</Delimiter>" in text
    assert "<CommonPrefixes><Prefix>a+b%2B</Prefix></CommonPrefixes>" in text


def test_current_objects_hide_versions_and_delete_markers(s3: Any) -> None:
    s3.create_bucket(Bucket="hidden")
    s3.put_bucket_versioning(Bucket="hidden", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a/1", "a/1", "b/1", "c"):
        s3.put_object(Bucket="hidden", Key=key)
    for key in ("b/1", "c"):
        s3.delete_object(Bucket="hidden", Key=key)
    assert keys(s3.list_objects_v2(Bucket="hidden")) == ["a/1"]
    assert prefixes(s3.list_objects_v2(Bucket="hidden", Delimiter="/")) == ["a/"]
    assert prefixes(s3.list_object_versions(Bucket="hidden", Delimiter="/")) == ["a/", "b/"]


def entries(page: dict[str, Any]) -> list[tuple[str, str, bool, bool]]:
    """Returns key, version id, whether it is the latest, whether it is a delete marker, of each entry."""
    found = [(v, False) for v in page.get("Versions", [])] + [
        (v, True) for v in page.get("DeleteMarkers", [])
    ]
    return [(v["Key"], v["VersionId"], v["IsLatest"], marker) for v, marker in found]


@pytest.fixture(scope="module")
def history(s3: Any) -> list[tuple[str, str, bool, bool]]:
    """A bucket ``history`` with versions; returns its entries as the model expects them."""
    s3.create_bucket(Bucket="history")
    s3.put_object(Bucket="history", Key="a")
    s3.put_bucket_versioning(Bucket="history", VersioningConfiguration={"Status": "Enabled"})
    a = [("a", s3.put_object(Bucket="history", Key="a")["VersionId"], False, False) for _ in range(3)]
    gone = ("a", s3.delete_object(Bucket="history", Key="a")["VersionId"], True, True)
    b = [("b", s3.put_object(Bucket="history", Key="b")["VersionId"], False, False) for _ in range(2)]
    b[-1] = (*b[-1][:2], True, False)
    return [gone, *reversed(a), ("a", "null", False, False), *reversed(b)]


def test_versions_are_listed_newest_first(s3: Any, history: list[tuple[str, str, bool, bool]]) -> None:
    page = s3.list_object_versions(Bucket="history")
    assert sorted(entries(page)) == sorted(history)
    assert [v["VersionId"] for v in page["Versions"]] == [
        version for _, version, _, marker in history if not marker
    ]
    assert page["Versions"][0]["Owner"] == page["DeleteMarkers"][0]["Owner"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_versions_continue_within_a_key(
    s3: Any, history: list[tuple[str, str, bool, bool]], size: int
) -> None:
    shown: list[tuple[str, str, bool, bool]] = []
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket="history", PaginationConfig={"PageSize": size}
    ):
        assert len(entries(page)) <= size
        shown += sorted(entries(page), key=history.index)
    assert shown == history


def test_versions_can_be_deleted_page_by_page(s3: Any) -> None:
    s3.create_bucket(Bucket="emptied")
    s3.put_bucket_versioning(Bucket="emptied", VersioningConfiguration={"Status": "Enabled"})
    for n in range(7):
        s3.put_object(Bucket="emptied", Key="k", Body=str(n))
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket="emptied", PaginationConfig={"PageSize": 2}
    )
    for page in pages:
        assert page["Versions"][0]["IsLatest"]
        for _, version, _, _ in entries(page):
            s3.delete_object(Bucket="emptied", Key="k", VersionId=version)
    s3.delete_bucket(Bucket="emptied")


def test_a_missing_bucket_cannot_be_listed(s3: Any) -> None:
    for call in (s3.list_objects, s3.list_objects_v2, s3.list_object_versions):
        with pytest.raises(ClientError) as raised:
            call(Bucket="no-such-bucket")
        assert raised.value.response["Error"]["Code"] == "NoSuchBucket"
