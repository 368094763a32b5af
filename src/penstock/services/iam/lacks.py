"""What IAM has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "multi-factor authentication": (
            "CreateVirtualMFADevice",
            "DeactivateMFADevice",
            "DeleteVirtualMFADevice",
            "EnableMFADevice",
            "GetMFADevice",
            "ListMFADeviceTags",
            "ResyncMFADevice",
            "TagMFADevice",
            "UntagMFADevice",
        ),
        "SSH public keys": (
            "DeleteSSHPublicKey",
            "GetSSHPublicKey",
            "UpdateSSHPublicKey",
            "UploadSSHPublicKey",
        ),
        "signing certificates": (
            "DeleteSigningCertificate",
            "UpdateSigningCertificate",
            "UploadSigningCertificate",
        ),
        "SAML identity providers": (
            "CreateSAMLProvider",
            "DeleteSAMLProvider",
            "GetSAMLProvider",
            "ListSAMLProviderTags",
            "TagSAMLProvider",
            "UntagSAMLProvider",
            "UpdateSAMLProvider",
        ),
        "server certificates": (
            "DeleteServerCertificate",
            "GetServerCertificate",
            "ListServerCertificateTags",
            "TagServerCertificate",
            "UntagServerCertificate",
            "UpdateServerCertificate",
            "UploadServerCertificate",
        ),
        "service-specific credentials": (
            "CreateServiceSpecificCredential",
            "DeleteServiceSpecificCredential",
            "ResetServiceSpecificCredential",
            "UpdateServiceSpecificCredential",
        ),
        "reports of last access": (
            "GenerateOrganizationsAccessReport",
            "GenerateServiceLastAccessedDetails",
            "GetOrganizationsAccessReport",
            "GetServiceLastAccessedDetails",
            "GetServiceLastAccessedDetailsWithEntities",
            "ListPoliciesGrantingServiceAccess",
        ),
    }
)
