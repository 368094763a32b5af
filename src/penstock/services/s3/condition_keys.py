"""The condition keys that every action of S3 has: how the request was signed and sent.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
"""

from penstock.clock import Clock
from penstock.server import Call, Place

_AUTH_TYPES = {Place.HEADER: "REST-HEADER", Place.QUERY: "REST-QUERY-STRING", Place.FORM: "POST"}
_CONTENT_HASH = "x-amz-content-sha256"


def condition_keys(clock: Clock, call: Call) -> dict[str, str]:
    """Returns the keys that the call has; an anonymous one has none of its signature.

    Of a bucket that is there, the owner is known better than here.
    """
    keys = {"s3:ResourceAccount": call.account} if call.account else {}
    if call.tls_version is not None:
        keys["s3:TlsVersion"] = call.tls_version
    if (signing := call.signing) is not None:
        keys["s3:signatureversion"] = signing.version
        keys["s3:authType"] = _AUTH_TYPES[signing.place]
        # A signature of version 2 does not say when it was made: S3 takes it for new.
        age_ms = 0 if signing.timestamp_ms is None else clock.elapsed_since_real_ms(signing.timestamp_ms)
        keys["s3:signatureAge"] = str(max(0, age_ms))
    if (stated := call.headers.get(_CONTENT_HASH)) is not None:  # as a query parameter it does not count
        keys[f"s3:{_CONTENT_HASH}"] = stated
    return keys
