"""Tags of what is no object: a delete marker has none, whichever method asks."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("operation", "method", "more"),
    [
        ("get_object_tagging", "GET", {}),
        ("put_object_tagging", "PUT", {"Tagging": {"TagSet": []}}),
        ("delete_object_tagging", "DELETE", {}),
    ],
)
def test_the_refusal_names_the_method_of_the_request(
    server: Any, operation: str, method: str, more: dict[str, Any]
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="markers")
    s3.put_bucket_versioning(Bucket="markers", VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(Bucket="markers", Key="k")["VersionId"]
    with pytest.raises(ClientError) as raised:
        getattr(s3, operation)(Bucket="markers", Key="k", VersionId=marker, **more)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Method"]) == ("MethodNotAllowed", method)
