"""A signature of a text instead of a request: the policy of a form that a browser posts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from hmac import compare_digest
from typing import NamedTuple

from penstock.access.sigv4.canonical import hex_hmac, octets, signing_key
from penstock.access.wording import REST_XML


class SignedText(NamedTuple):
    """A text and who is said to have signed it, for what day, region and service; ``verify`` proves it."""

    text: str
    signature: str
    access_key_id: str
    date: str
    region: str
    service: str
    session_token: str | None

    def verify(self, secret: str) -> None:
        """Returns when ``secret`` signed the text; AwsError ``SignatureDoesNotMatch``."""
        key = signing_key(secret, self.date, self.region, self.service)
        if not compare_digest(hex_hmac(key, self.text).encode(), octets(self.signature)):
            raise REST_XML.mismatch(
                AWSAccessKeyId=self.access_key_id,
                StringToSign=self.text,
                SignatureProvided=self.signature,
                StringToSignBytes=octets(self.text).hex(" "),
            )
