"""One moment reads the same wherever S3 shows it."""

from typing import Any


def test_documents_and_headers_give_the_same_last_modified(server: Any) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="times")
    s3.put_object(Bucket="times", Key="k", Body=b"1")
    head = s3.head_object(Bucket="times", Key="k")["LastModified"]
    assert s3.list_objects_v2(Bucket="times")["Contents"][0]["LastModified"] == head
    assert s3.list_objects(Bucket="times")["Contents"][0]["LastModified"] == head
    assert s3.list_object_versions(Bucket="times")["Versions"][0]["LastModified"] == head
    copied = s3.copy_object(Bucket="times", Key="c", CopySource="times/k")["CopyObjectResult"]
    assert s3.head_object(Bucket="times", Key="c")["LastModified"] == copied["LastModified"]


def test_documents_give_whole_seconds(server: Any) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="seconds")
    upload = s3.create_multipart_upload(Bucket="seconds", Key="m")["UploadId"]
    s3.upload_part(Bucket="seconds", Key="m", UploadId=upload, PartNumber=1, Body=b"1")
    shown = [
        s3.list_buckets()["Buckets"][0]["CreationDate"],
        s3.list_multipart_uploads(Bucket="seconds")["Uploads"][0]["Initiated"],
        s3.list_parts(Bucket="seconds", Key="m", UploadId=upload)["Parts"][0]["LastModified"],
    ]
    assert [moment.microsecond for moment in shown] == [0, 0, 0]
