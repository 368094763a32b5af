"""What IAM has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "instance profiles": (
            "AddRoleToInstanceProfile",
            "CreateInstanceProfile",
            "DeleteInstanceProfile",
            "GetInstanceProfile",
            "ListInstanceProfiles",
            "RemoveRoleFromInstanceProfile",
        ),
        "policy simulator": ("SimulateCustomPolicy", "SimulatePrincipalPolicy"),
    }
)
