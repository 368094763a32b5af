"""What KMS has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "custom key stores": (
            "ConnectCustomKeyStore",
            "CreateCustomKeyStore",
            "DeleteCustomKeyStore",
            "DescribeCustomKeyStores",
            "DisconnectCustomKeyStore",
            "UpdateCustomKeyStore",
        ),
        "key agreement": ("DeriveSharedSecret",),
        "key encapsulation": ("Decapsulate", "Encapsulate"),
        "records of when keys were used": ("GetKeyLastUsage",),
        "replicas of keys": ("ReplicateKey", "UpdatePrimaryRegion"),
    }
)
