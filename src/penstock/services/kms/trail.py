"""What the audit trail must know of KMS: to use a key changes nothing.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
"""

from penstock.server import Trail

_USES = """
    Decrypt DeriveSharedSecret Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
    GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom ReEncrypt Sign Verify VerifyMac
"""

TRAIL = Trail(reads=frozenset(_USES.split()), hidden=frozenset({"GrantToken", "GrantTokens"}))
