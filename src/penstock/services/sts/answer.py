"""Credentials as STS's answers show them."""

from datetime import UTC, datetime

from penstock.access import Credential
from penstock.server import Params


def shown_credential(credential: Credential) -> Params:
    """Returns the credentials of a session."""
    assert credential.expires_ms is not None
    return {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret,
        "SessionToken": credential.session_token,
        "Expiration": datetime.fromtimestamp(credential.expires_ms // 1000, UTC),
    }
