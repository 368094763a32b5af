"""Who asks, and whether they may: signatures, policies and their evaluation.

It promises: what ``verify`` returns for was signed with that secret, in time, and covers every header that
matters; ``decide`` weighs policies as AWS does, an explicit deny first. Malformed input ends in AwsError or
PolicyError, never in anything else. No I/O. May import: matching, the ground.
"""

from penstock.access.credential import Credential, RootCredential
from penstock.access.decide import Decision, decide
from penstock.access.policy import Policy, PolicyError, Statement, Vendor, parse_policy
from penstock.access.principal import ANONYMOUS, Principal
from penstock.access.request import AccessRequest, Context, Keys, time_keys
from penstock.access.sigv2 import PresignedV2, SignedTextV2, presigned_v2, verify_v2
from penstock.access.sigv4 import (
    OBJECTS,
    V4,
    ChunkDecoder,
    Signature,
    SignedText,
    Style,
    check_credential,
    check_head,
    presign,
    sign,
    signed_request,
    stated_digest,
    style_of,
    verify,
)
from penstock.access.weigh import weigh
from penstock.access.wording import JSON, QUERY, REST_JSON, REST_XML, Wording, wording_of

__all__ = [
    "ANONYMOUS",
    "JSON",
    "OBJECTS",
    "QUERY",
    "REST_JSON",
    "REST_XML",
    "V4",
    "AccessRequest",
    "ChunkDecoder",
    "Context",
    "Credential",
    "Decision",
    "Keys",
    "Policy",
    "PolicyError",
    "PresignedV2",
    "Principal",
    "RootCredential",
    "Signature",
    "SignedText",
    "SignedTextV2",
    "Statement",
    "Style",
    "Vendor",
    "Wording",
    "check_credential",
    "check_head",
    "decide",
    "parse_policy",
    "presign",
    "presigned_v2",
    "sign",
    "signed_request",
    "stated_digest",
    "style_of",
    "time_keys",
    "verify",
    "verify_v2",
    "weigh",
    "wording_of",
]
