"""What Secrets Manager has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "named resource policies": ("ListResourcePolicies",),
        "replication to other regions": (
            "AssociateCrossAccountReplica",
            "DisassociateCrossAccountReplica",
            "RemoveRegionsFromReplication",
            "ReplicateSecretToRegions",
            "StopReplicationToReplica",
        ),
    }
)
