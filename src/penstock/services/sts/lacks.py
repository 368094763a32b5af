"""What STS has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "SAML identity providers": ("AssumeRoleWithSAML",),
        "AWS Organizations": ("AssumeRoot",),
        "outbound identity federation": ("GetWebIdentityToken",),
        "temporary delegation": ("GetDelegatedAccessToken",),
    }
)
