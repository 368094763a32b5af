"""CloudWatch is told what buckets hold once a day, and of each request where a bucket asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.measured import by_name, still_server, sums, taken

from penstock.testing import LocalServer

S3 = "AWS/S3"
DAY_S = 86_400


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


@pytest.fixture
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="bkt")
    return client


def configure(s3: Any, id: str, **filter: Any) -> None:
    configuration = {"Id": id, **({"Filter": filter} if filter else {})}
    s3.put_bucket_metrics_configuration(Bucket="bkt", Id=id, MetricsConfiguration=configuration)


def counted(server: LocalServer, id: str) -> dict[str, float]:
    """Returns the sums under the filter, but for what the machine's speed decides."""
    found = sums(taken(server), S3, BucketName="bkt", FilterId=id)
    return {name: value for name, value in found.items() if not name.endswith("Latency")}


class TestConfigurations:
    def test_what_is_put_is_got_listed_and_deleted(self, s3: Any) -> None:
        tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        configure(s3, "whole")
        configure(s3, "part", And={"Prefix": "in/", "Tags": tags})
        found = s3.get_bucket_metrics_configuration(Bucket="bkt", Id="part")["MetricsConfiguration"]
        assert found == {"Id": "part", "Filter": {"And": {"Prefix": "in/", "Tags": tags}}}
        listed = s3.list_bucket_metrics_configurations(Bucket="bkt")
        assert [one["Id"] for one in listed["MetricsConfigurationList"]] == ["part", "whole"]
        assert listed["IsTruncated"] is False
        s3.delete_bucket_metrics_configuration(Bucket="bkt", Id="whole")
        with pytest.raises(ClientError, match="NoSuchConfiguration"):
            s3.get_bucket_metrics_configuration(Bucket="bkt", Id="whole")
        with pytest.raises(ClientError, match="NoSuchConfiguration"):
            s3.delete_bucket_metrics_configuration(Bucket="bkt", Id="whole")

    def test_a_list_comes_in_pages_of_a_hundred(self, s3: Any) -> None:
        for number in range(101):
            configure(s3, f"{number:03}")
        first = s3.list_bucket_metrics_configurations(Bucket="bkt")
        token = first["NextContinuationToken"]
        second = s3.list_bucket_metrics_configurations(Bucket="bkt", ContinuationToken=token)
        assert len(first["MetricsConfigurationList"]) == 100
        assert [one["Id"] for one in second["MetricsConfigurationList"]] == ["100"]
        assert second["ContinuationToken"] == token

    @pytest.mark.parametrize(
        ("filter", "code"),
        [
            ({"Prefix": "a", "Tag": {"Key": "k", "Value": "v"}}, "MalformedXML"),
            ({"And": {"Prefix": "a"}}, "MalformedXML"),
            ({"And": {"Tags": [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]}}, "MalformedXML"),
            ({"AccessPointArn": "arn:aws:s3:eu-west-1:1:accesspoint/a"}, "NotImplemented"),
        ],
    )
    def test_a_filter_that_says_too_much_or_nothing_is_refused(self, s3: Any, filter: Any, code: str) -> None:
        with pytest.raises(ClientError, match=code):
            configure(s3, "x", **filter)

    @pytest.mark.parametrize("id", ["a b", "x" * 65, "é", "a/b"])
    def test_an_id_that_cannot_be_one_is_refused(self, s3: Any, id: str) -> None:
        with pytest.raises(ClientError, match="InvalidArgument"):
            configure(s3, id)

    def test_two_ids_that_differ_are_refused(self, s3: Any) -> None:
        with pytest.raises(ClientError, match="InvalidArgument"):
            s3.put_bucket_metrics_configuration(Bucket="bkt", Id="a", MetricsConfiguration={"Id": "b"})

    def test_a_new_bucket_of_the_name_has_none(self, s3: Any, server: LocalServer) -> None:
        configure(s3, "whole")
        s3.delete_bucket(Bucket="bkt")
        s3.create_bucket(Bucket="bkt")
        s3.put_object(Bucket="bkt", Key="k", Body=b"x")
        assert "MetricsConfigurationList" not in s3.list_bucket_metrics_configurations(Bucket="bkt")
        assert "AllRequests" not in sums(
            [one for one in taken(server) if one.minute_s > 1_800_000_000], S3, BucketName="b"
        )


class TestRequests:
    def test_each_kind_of_request_is_counted_with_its_bytes(self, server: LocalServer, s3: Any) -> None:
        configure(s3, "whole")
        taken(server)
        s3.put_object(Bucket="bkt", Key="k", Body=b"12345")
        s3.get_object(Bucket="bkt", Key="k")["Body"].read()
        s3.head_object(Bucket="bkt", Key="k")
        s3.delete_object(Bucket="bkt", Key="k")
        assert counted(server, "whole") == {
            "AllRequests": 4,
            "BytesDownloaded": 5,
            "BytesUploaded": 5,
            "DeleteRequests": 1,
            "GetRequests": 1,
            "HeadRequests": 1,
            "PutRequests": 1,
        }

    def test_an_error_is_counted_among_as_many_requests(self, server: LocalServer, s3: Any) -> None:
        configure(s3, "whole")
        taken(server)
        with pytest.raises(ClientError):
            s3.get_object(Bucket="bkt", Key="none")
        s3.put_object(Bucket="bkt", Key="k", Body=b"")
        found = by_name(taken(server), S3, BucketName="bkt", FilterId="whole")
        assert (found["4xxErrors"].sum, found["4xxErrors"].count) == (1, 2)
        assert (found["FirstByteLatency"].count, found["TotalRequestLatency"].count) == (2, 2)

    def test_lists_and_batches_are_told_apart_from_gets_and_posts(self, server: LocalServer, s3: Any) -> None:
        configure(s3, "whole")
        taken(server)
        s3.list_objects_v2(Bucket="bkt")
        s3.delete_objects(Bucket="bkt", Delete={"Objects": [{"Key": "x"}]})
        upload = s3.create_multipart_upload(Bucket="bkt", Key="m")
        s3.get_bucket_location(Bucket="bkt")
        found = counted(server, "whole")
        kinds = {name: value for name, value in found.items() if name.endswith("Requests")}
        assert kinds == {"AllRequests": 4, "DeleteRequests": 1, "ListRequests": 1, "PostRequests": 1}
        s3.abort_multipart_upload(Bucket="bkt", Key="m", UploadId=upload["UploadId"])

    def test_filters_by_prefix_and_by_tag_count_what_they_name(self, server: LocalServer, s3: Any) -> None:
        configure(s3, "in", Prefix="in/")
        configure(s3, "red", Tag={"Key": "color", "Value": "red"})
        taken(server)
        s3.put_object(Bucket="bkt", Key="in/a", Body=b"")
        s3.put_object(Bucket="bkt", Key="out/a", Body=b"", Tagging="color=red")
        s3.delete_object(Bucket="bkt", Key="out/a")
        s3.list_objects_v2(Bucket="bkt")
        measured = taken(server)
        by_prefix = sums(measured, S3, BucketName="bkt", FilterId="in")
        by_tag = sums(measured, S3, BucketName="bkt", FilterId="red")
        assert (by_prefix["AllRequests"], by_tag["AllRequests"]) == (1, 2)

    def test_a_large_answer_is_counted_when_it_has_been_sent(self, server: LocalServer, s3: Any) -> None:
        configure(s3, "whole")
        s3.put_object(Bucket="bkt", Key="k", Body=b"x" * 3_000_000)
        taken(server)
        s3.get_object(Bucket="bkt", Key="k")["Body"].read()
        s3.list_buckets()  # one connection answers one request after the other
        assert counted(server, "whole")["BytesDownloaded"] == 3_000_000

    def test_without_a_configuration_nothing_is_counted(self, server: LocalServer, s3: Any) -> None:
        s3.put_object(Bucket="bkt", Key="k", Body=b"x")
        assert server.app.service("s3").observer is None
        assert [one for one in taken(server) if one.series.namespace == S3] == []


class TestStorage:
    def test_all_versions_markers_and_parts_are_told_of_once_a_day(
        self, server: LocalServer, s3: Any
    ) -> None:
        s3.put_bucket_versioning(Bucket="bkt", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="bkt", Key="k", Body=b"12")
        s3.put_object(Bucket="bkt", Key="k", Body=b"345")
        s3.delete_object(Bucket="bkt", Key="k")
        s3.put_object(Bucket="bkt", Key="ia", Body=b"1234567", StorageClass="STANDARD_IA")
        upload = s3.create_multipart_upload(Bucket="bkt", Key="m")["UploadId"]
        s3.upload_part(Bucket="bkt", Key="m", UploadId=upload, PartNumber=1, Body=b"x" * 10)
        server.advance(DAY_S)
        server.settle()
        measured = taken(server)
        assert sums(measured, S3, BucketName="bkt", StorageType="AllStorageTypes") == {"NumberOfObjects": 5}
        assert sums(measured, S3, BucketName="bkt", StorageType="StandardStorage") == {"BucketSizeBytes": 15}
        assert sums(measured, S3, BucketName="bkt", StorageType="StandardIAStorage") == {"BucketSizeBytes": 7}
        server.settle()
        assert sums(taken(server), S3, BucketName="bkt", StorageType="AllStorageTypes") == {}

    def test_an_empty_bucket_is_not_told_of(self, server: LocalServer, s3: Any) -> None:
        server.advance(DAY_S)
        server.settle()
        assert [one for one in taken(server) if one.series.namespace == S3] == []
