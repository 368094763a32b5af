"""Lists of what nobody has here: whoever clears up an account asks for them before deleting a user."""

from penstock.server import Call, Params, operation
from penstock.services.iam.api.authorize import EntityHandler, own_user_operation
from penstock.services.iam.state import IamState


def _of_user(name: str, member: str) -> EntityHandler:
    @own_user_operation(name)
    async def nothing(iam: IamState, call: Call, params: Params) -> Params:
        """Returns an empty list."""
        return {member: [], "IsTruncated": False}

    return nothing


def _of_account(name: str, member: str) -> EntityHandler:
    @operation(name, action=f"iam:{name}")
    async def nothing(iam: IamState, call: Call, params: Params) -> Params:
        """Returns an empty list."""
        return {member: [], "IsTruncated": False}

    return nothing


list_mfa_devices = _of_user("ListMFADevices", "MFADevices")
list_ssh_public_keys = _of_user("ListSSHPublicKeys", "SSHPublicKeys")
list_signing_certificates = _of_user("ListSigningCertificates", "Certificates")
list_service_specific_credentials = _of_user("ListServiceSpecificCredentials", "ServiceSpecificCredentials")
list_virtual_mfa_devices = _of_account("ListVirtualMFADevices", "VirtualMFADevices")
list_saml_providers = _of_account("ListSAMLProviders", "SAMLProviderList")
list_server_certificates = _of_account("ListServerCertificates", "ServerCertificateMetadataList")
