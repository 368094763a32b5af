"""What Parameter Store has and this server has not; the rest of Systems Manager is not declared at all."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "parameters shared with other accounts": (
            "DeleteResourcePolicy",
            "GetResourcePolicies",
            "PutResourcePolicy",
        )
    }
)
