"""How keys, aliases and grants are shown."""

from penstock.server import Params
from penstock.services.kms.arns import Place, alias_arn
from penstock.services.kms.keys.grants import Grant
from penstock.services.kms.keys.key import Key
from penstock.services.kms.keys.material import material_id
from penstock.store import Row


def metadata(key: Key, number: int) -> Params:
    """Returns ``KeyMetadata``; ``number`` is that of the material in use."""
    account, _ = key.place
    shown: Params = {
        "AWSAccountId": account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created_ms,
        "Enabled": key.state == "Enabled",
        "Description": key.settings.get("Description", ""),
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.settings.get("KeyManager", "CUSTOMER"),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        **key.kind.shown(key.usage),
        "MultiRegion": bool(key.settings.get("MultiRegion")),
    }
    if key.is_symmetric and key.has_material:
        shown["CurrentKeyMaterialId"] = material_id(key, number)
    return {**shown, **_regions(key), **_deletion(key), **_expiry(key)}


def _regions(key: Key) -> Params:
    if not key.settings.get("MultiRegion"):
        return {}
    primary = {"Arn": key.arn, "Region": key.place[1]}
    regions = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": []}
    return {"MultiRegionConfiguration": regions}


def _expiry(key: Key) -> Params:
    if key.origin != "EXTERNAL" or not key.has_material:
        return {}
    if key.expires_ms is None:
        return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    return {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": key.expires_ms}


def _deletion(key: Key) -> Params:
    return {} if key.delete_ms is None else {"DeletionDate": key.delete_ms}


def alias_entry(place: Place, row: Row) -> Params:
    """Returns an alias as ListAliases shows it."""
    name, key_id, created_ms, updated_ms = row
    return {
        "AliasName": name,
        "AliasArn": alias_arn(place, name),
        "TargetKeyId": key_id,
        "CreationDate": created_ms,
        "LastUpdatedDate": updated_ms,
    }


def grant_entry(key: Key, grant: Grant) -> Params:
    """Returns a grant as the lists of grants show it."""
    shown: Params = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "CreationDate": grant.created_ms,
        "GranteePrincipal": grant.grantee,
        **grant.settings,
    }
    return {**shown, "RetiringPrincipal": grant.retiring} if grant.retiring else shown
