"""How DescribeSecret and ListSecrets show a secret."""

from penstock.server import Params, listed_tags
from penstock.services.secretsmanager.secrets.secret import Secret


def described(secret: Secret) -> Params:
    """Returns what both say of a secret; when it is deleted they say differently."""
    shown: Params = {
        **secret.named,
        **secret.settings,
        "CreatedDate": secret.created_ms,
        "LastChangedDate": secret.changed_ms,
    }
    if secret.accessed_ms:
        shown["LastAccessedDate"] = secret.accessed_ms
    if secret.tags:
        shown["Tags"] = listed_tags(secret.tags)
    return shown
