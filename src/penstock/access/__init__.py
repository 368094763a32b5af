"""Who asks, and whether they may: signatures, policies and their evaluation.

It promises: what ``verify`` returns for was signed with that secret, in time, and covers every header that
matters; ``decide`` weighs policies as AWS does, an explicit deny first. Malformed input ends in AwsError or
PolicyError, never in anything else. No I/O. May import: matching, the ground.
"""

from penstock.access.credential import Credential, RootCredential
from penstock.access.decide import Decision, decide
from penstock.access.policy import Policy, PolicyError, Statement, parse_policy
from penstock.access.principal import ANONYMOUS, Principal
from penstock.access.sigv2 import PresignedV2, presigned_v2, verify_v2
from penstock.access.sigv4 import (
    ChunkDecoder,
    Signature,
    check_credential,
    presign,
    sign,
    signed_request,
    verify,
)

__all__ = [
    "ANONYMOUS",
    "ChunkDecoder",
    "Credential",
    "Decision",
    "Policy",
    "PolicyError",
    "PresignedV2",
    "Principal",
    "RootCredential",
    "Signature",
    "Statement",
    "check_credential",
    "decide",
    "parse_policy",
    "presign",
    "presigned_v2",
    "sign",
    "signed_request",
    "verify",
    "verify_v2",
]
