"""AWS Signature Version 4: parsing, verifying and making signatures, of requests and of chunked bodies.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

from penstock.access.sigv4.chunks import ChunkDecoder
from penstock.access.sigv4.sign import presign, sign
from penstock.access.sigv4.signature import Sent, Signature, signed_request, stated_digest
from penstock.access.sigv4.style import OBJECTS, V4, Style, style_of
from penstock.access.sigv4.text import SignedText
from penstock.access.sigv4.verify import check_credential, check_head, verify

__all__ = [
    "OBJECTS",
    "V4",
    "ChunkDecoder",
    "Sent",
    "Signature",
    "SignedText",
    "Style",
    "check_credential",
    "check_head",
    "presign",
    "sign",
    "signed_request",
    "stated_digest",
    "style_of",
    "verify",
]
