"""What kinds of keys there are, and what each can do.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from typing import NamedTuple

from penstock.server import Params

ENCRYPT, SIGN, MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"

SYMMETRIC = "SYMMETRIC_DEFAULT"

_RSA_ENCRYPTION = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA_SIGNING = tuple(
    f"{padding}_SHA_{bits}" for padding in ("RSASSA_PKCS1_V1_5", "RSASSA_PSS") for bits in (256, 384, 512)
)


class Spec(NamedTuple):
    """A kind of key: its ``usages``, and the algorithms of each."""

    encryption: tuple[str, ...] = ()
    signing: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()

    @property
    def usages(self) -> list[str]:
        """Returns what such a key may be made for."""
        found = ((ENCRYPT, self.encryption), (SIGN, self.signing), (MAC, self.macs))
        return [usage for usage, algorithms in found if algorithms]

    def shown(self, usage: str) -> Params:
        """Returns the algorithms of a key that was made for ``usage``, as DescribeKey names them."""
        if usage == ENCRYPT:
            return {"EncryptionAlgorithms": list(self.encryption)}
        if usage == SIGN:
            return {"SigningAlgorithms": list(self.signing)}
        return {"MacAlgorithms": list(self.macs)}


_RSA = Spec(_RSA_ENCRYPTION, _RSA_SIGNING)

SPECS = {
    SYMMETRIC: Spec(encryption=(SYMMETRIC,)),
    "RSA_2048": _RSA,
    "RSA_3072": _RSA,
    "RSA_4096": _RSA,
    "ECC_NIST_P256": Spec(signing=("ECDSA_SHA_256",)),
    "ECC_NIST_P384": Spec(signing=("ECDSA_SHA_384",)),
    "ECC_NIST_P521": Spec(signing=("ECDSA_SHA_512",)),
    "ECC_SECG_P256K1": Spec(signing=("ECDSA_SHA_256",)),
    "ECC_NIST_EDWARDS25519": Spec(signing=("ED25519_SHA_512",)),
    "HMAC_224": Spec(macs=("HMAC_SHA_224",)),
    "HMAC_256": Spec(macs=("HMAC_SHA_256",)),
    "HMAC_384": Spec(macs=("HMAC_SHA_384",)),
    "HMAC_512": Spec(macs=("HMAC_SHA_512",)),
}
"""The kinds that this server makes, by AWS's names."""

PAIR_SPECS = frozenset(spec for spec in SPECS if spec.startswith(("RSA_", "ECC_")))
"""Those of which GenerateDataKeyPair makes pairs."""
