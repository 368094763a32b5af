"""A form's fields as what they stand for: the parameters of a PutObject.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

import re
from urllib.parse import urlencode

from penstock.server import Params
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.forms.errors import malformed_post
from penstock.services.s3.forms.form import Fields
from penstock.services.s3.objects.tags import checked_tags
from penstock.wire import Route, WireRequest, codec, load_model

_HEADERS = frozenset(
    (
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
    )
)
_OF_THE_SIGNATURE = frozenset(
    (
        "x-amz-algorithm",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-signature",
    )
)
_TOKEN = re.compile(
    r"[a-z0-9!#$%&'*+.^_`|~-]+"
)  # what HTTP allows in a header's name; fields are in lower case


def put_parameters(bucket: str, key: str, fields: Fields) -> Params:
    """Returns the parameters; AwsError as for the headers of the same names."""
    headers = {name: value for name, value in fields.items() if name in _HEADERS or _is_header(name)}
    if "acl" in fields:
        headers["x-amz-acl"] = fields["acl"]
    params = _parsed("PutObject", bucket, key, WireRequest("PUT", "", "", headers))
    if "tagging" in fields:
        params["Tagging"] = _tag_header(bucket, key, fields["tagging"])
    return params


def _is_header(name: str) -> bool:
    if not name.startswith("x-amz-") or name in _OF_THE_SIGNATURE:
        return False
    if not _TOKEN.fullmatch(name):
        raise malformed_post()  # it could be stored as metadata, but never be shown
    return True


def _tag_header(bucket: str, key: str, document: str) -> str:
    body = document.encode()
    tagging = _parsed("PutObjectTagging", bucket, key, WireRequest("PUT", "", "", {}, body)).get("Tagging")
    if tagging is None:
        raise malformed_xml()
    pairs = [(tag.get("Key", ""), tag.get("Value", "")) for tag in tagging.get("TagSet") or ()]
    return urlencode(list(checked_tags(pairs).items()))


def _parsed(operation: str, bucket: str, key: str, request: WireRequest) -> Params:
    model = load_model("s3")
    route = Route(model.operations[operation], {"Bucket": bucket, "Key": key})
    return codec(model, "rest-xml").parse(route, request)
