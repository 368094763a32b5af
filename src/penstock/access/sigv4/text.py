"""A signature of a text instead of a request: the policy of a form that a browser posts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from hmac import compare_digest
from typing import NamedTuple

from penstock.access.sigv4.canonical import hex_hmac, octets, signing_key
from penstock.access.wording import Wording


class SignedText(NamedTuple):
    """A text and who is said to have signed it, for what day, region and service; ``verify_text`` proves it."""

    text: str
    signature: str
    access_key_id: str
    date: str
    region: str
    service: str
    session_token: str | None


def verify_text(signed: SignedText, secret: str, words: Wording) -> None:
    """Returns when ``secret`` signed the text; else raises AWS's mismatch in ``words``."""
    key = signing_key(secret, signed.date, signed.region, signed.service)
    if not compare_digest(hex_hmac(key, signed.text).encode(), octets(signed.signature)):
        raise words.mismatch(
            AWSAccessKeyId=signed.access_key_id,
            StringToSign=signed.text,
            SignatureProvided=signed.signature,
            StringToSignBytes=octets(signed.text).hex(" "),
        )
