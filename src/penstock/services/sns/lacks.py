"""What SNS has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "text messages": (
            "CheckIfPhoneNumberIsOptedOut",
            "CreateSMSSandboxPhoneNumber",
            "DeleteSMSSandboxPhoneNumber",
            "GetSMSAttributes",
            "GetSMSSandboxAccountStatus",
            "ListOriginationNumbers",
            "ListPhoneNumbersOptedOut",
            "ListSMSSandboxPhoneNumbers",
            "OptInPhoneNumber",
            "SetSMSAttributes",
            "VerifySMSSandboxPhoneNumber",
        ),
        "mobile push": (
            "CreatePlatformApplication",
            "CreatePlatformEndpoint",
            "DeleteEndpoint",
            "DeletePlatformApplication",
            "GetEndpointAttributes",
            "GetPlatformApplicationAttributes",
            "ListEndpointsByPlatformApplication",
            "ListPlatformApplications",
            "SetEndpointAttributes",
            "SetPlatformApplicationAttributes",
        ),
        "data protection": ("GetDataProtectionPolicy", "PutDataProtectionPolicy"),
    }
)
