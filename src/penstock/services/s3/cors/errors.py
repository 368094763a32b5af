"""Refusals of rules, and of browsers that ask.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors-troubleshooting.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
"""

from penstock.errors import AwsError
from penstock.services.s3.errors import invalid_request


def no_configuration(bucket: str) -> AwsError:
    """The bucket has no rules."""
    message = "The CORS configuration does not exist"
    return AwsError("NoSuchCORSConfiguration", message, status=404, BucketName=bucket)


def unsupported_method(method: str) -> AwsError:
    """A rule names a method that S3 does not have."""
    return invalid_request(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")


def many_wildcards(element: str, value: str) -> AwsError:
    """An element of a rule has more than one ``*``."""
    return invalid_request(f'{element} "{value}" can not have more than one wildcard.')


def exposed_wildcard(value: str) -> AwsError:
    """A rule exposes headers by a pattern."""
    return invalid_request(
        f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
    )


def exposed_character(value: str) -> AwsError:
    """A rule exposes what is no header."""
    return invalid_request(f'ExposeHeader "{value}" contains invalid character.')


def origin_needed() -> AwsError:
    """A preflight does not say for whom it is made."""
    message = "Insufficient information. Origin request header needed."
    return AwsError("BadRequest", message, status=400)


def invalid_requested_method(method: str | None) -> AwsError:
    """A preflight does not say for which method, or for none that S3 has."""
    message = f"Invalid Access-Control-Request-Method: {'null' if method is None else method}"
    return AwsError("BadRequest", message, status=400)


def bucket_not_found(method: str, kind: str) -> AwsError:
    """There is no bucket whose rules could be asked for."""
    return _forbidden("CORSResponse: Bucket not found", method, kind)


def not_enabled(method: str, kind: str) -> AwsError:
    """The bucket has no rules, so no other origin may use it."""
    return _forbidden("CORSResponse: CORS is not enabled for this bucket.", method, kind)


def not_allowed(method: str, kind: str) -> AwsError:
    """No rule of the bucket fits; the text is AWS's, letter by letter."""
    message = (
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
        "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
        "whitelisted by the resource's CORS spec."
    )
    return _forbidden(message, method, kind)


def _forbidden(message: str, method: str, kind: str) -> AwsError:
    return AwsError("AccessForbidden", message, status=403, Method=method, ResourceType=kind)
