"""What the browser is answered when the object is stored: a redirect, a document, or nothing.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html#RESTObjectPOST-responses
"""

import re
from urllib.parse import quote, urlencode, urlsplit

from penstock.server import Call, Params
from penstock.services.s3.forms.form import Fields
from penstock.wire.values.xml_out import DECLARATION, element, to_bytes

_STATUSES = {"200": 200, "201": 201}
_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)  # ASCII without spaces: it becomes a header
_NO_CONTENT = 204
_SEE_OTHER = 303


def post_answer(call: Call, fields: Fields, bucket: str, key: str, stored: Params) -> Params:
    """Returns status, headers and document; ``stored`` is what a PutObject would be answered."""
    etag = stored["ETag"]
    redirect = fields.get("success_action_redirect", fields.get("redirect"))
    if redirect is not None and (target := _redirected(redirect, bucket, key, etag)):
        return {**stored, "StatusCode": _SEE_OTHER, "Location": target}
    location = _location(call, bucket, key)
    status = _STATUSES.get(fields.get("success_action_status", ""), _NO_CONTENT)
    answer = {**stored, "StatusCode": status, "Location": location}
    if status == _STATUSES["201"]:
        answer["Body"] = _document(location, bucket, key, etag)
        answer["ContentType"] = "application/xml"
    return answer


def _redirected(url: str, bucket: str, key: str, etag: str) -> str | None:
    """Returns the URL with what was stored in its query; None when it is no URL that a browser could follow."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _URL.fullmatch(url):
        return None
    added = urlencode({"bucket": bucket, "key": key, "etag": etag})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


def _location(call: Call, bucket: str, key: str) -> str:
    named_in_host = call.headers.get("host", "").lower().startswith(f"{bucket}.")
    return f"{call.endpoint}/{'' if named_in_host else f'{bucket}/'}{quote(key, safe='')}"


def _document(location: str, bucket: str, key: str, etag: str) -> bytes:
    members = {"Location": location, "Bucket": bucket, "Key": key, "ETag": etag}
    shown = [element(name, value) for name, value in members.items()]
    return to_bytes([DECLARATION, "<PostResponse>", *shown, "</PostResponse>"])
