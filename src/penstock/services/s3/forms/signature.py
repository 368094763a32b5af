"""Who signed a form's policy, by the form's own fields.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html (version 2)
"""

import re
from datetime import datetime
from typing import NamedTuple

from penstock.access import SignedText, SignedTextV2
from penstock.server import Place, Signing
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.forms.errors import missing_field
from penstock.services.s3.forms.form import Fields

_VERSION_2, _VERSION_4 = "AWS", "AWS4-HMAC-SHA256"
_NEEDED = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature")
_TIMESTAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_MAX_CREDENTIAL = 256
_FORM = 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'


class PolicySignature(NamedTuple):
    """What the fields claim; ``region`` is None in version 2, which names none."""

    signed: SignedText | SignedTextV2
    signing: Signing
    region: str | None


def policy_signature(fields: Fields) -> PolicySignature | None:
    """Returns what the form says of its policy's signer; None when it has no policy, and is nobody's.

    AwsError ``InvalidArgument`` when something is missing or cannot be read.
    """
    if "policy" not in fields:
        return None
    if "x-amz-algorithm" not in fields and "awsaccesskeyid" in fields:
        return _version_2(fields)
    _check_needed(fields, _NEEDED)
    if fields["x-amz-algorithm"] != _VERSION_4:
        raise _invalid("X-Amz-Algorithm", fields, f'X-Amz-Algorithm only supports "{_VERSION_4}"')
    access_key_id, date, region, service = _scope(fields)
    signed = SignedText(
        text=fields["policy"],
        signature=fields["x-amz-signature"],
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        session_token=fields.get("x-amz-security-token"),
    )
    return PolicySignature(signed, Signing(_VERSION_4, Place.FORM, _made_ms(fields, date)), region)


def _version_2(fields: Fields) -> PolicySignature:
    _check_needed(fields, ("Signature",))
    token = fields.get("x-amz-security-token")
    signed = SignedTextV2(fields["policy"], fields["signature"], fields["awsaccesskeyid"], token)
    return PolicySignature(signed, Signing(_VERSION_2, Place.FORM, None), None)


def _check_needed(fields: Fields, names: tuple[str, ...]) -> None:
    for name in names:
        if name.lower() not in fields:
            raise missing_field(name)


def _scope(fields: Fields) -> tuple[str, str, str, str]:
    name, credential = "X-Amz-Credential", fields["x-amz-credential"]
    parts = credential.rsplit("/", 4)
    if len(credential) > _MAX_CREDENTIAL or len(parts) != 5 or not all(parts):
        raise _invalid(name, fields, f"the Credential is mal-formed; {_FORM}")
    access_key_id, date, region, service, end = parts
    if end != "aws4_request":
        raise _invalid(name, fields, f'incorrect terminal "{end}". This endpoint uses "aws4_request".')
    if service != "s3":
        raise _invalid(name, fields, f'incorrect service "{service}". This endpoint belongs to "s3".')
    return access_key_id, date, region, service


def _made_ms(fields: Fields, date: str) -> int:
    text = fields["x-amz-date"]
    try:
        made = datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z") if _TIMESTAMP.fullmatch(text) else None
    except ValueError:
        made = None
    if made is None:
        reason = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        raise _invalid("X-Amz-Date", fields, reason)
    if text[:8] != date:
        reason = f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: "{text[:8]}".'
        raise _invalid("X-Amz-Credential", fields, reason)
    return int(made.timestamp()) * 1000


def _invalid(name: str, fields: Fields, reason: str) -> Exception:
    return invalid_argument(reason, name, fields[name.lower()][:_MAX_CREDENTIAL])
