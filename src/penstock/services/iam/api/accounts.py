"""An account's alias and its password policy.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/console-account-alias.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.entities.account import find_account
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")

_RULES = (
    "RequireSymbols",
    "RequireNumbers",
    "RequireUppercaseCharacters",
    "RequireLowercaseCharacters",
    "AllowUsersToChangePassword",
)
_OPTIONAL = ("MaxPasswordAge", "PasswordReusePrevention", "HardExpiry")
_MIN_LENGTH = 6  # of a policy that does not say


@operation("CreateAccountAlias", action="iam:CreateAccountAlias")
async def create_account_alias(iam: IamState, call: Call, params: Params) -> Params:
    """Gives the account an alias, in the place of the one it had; no other account may have it."""
    await iam.store.write(_create_alias, call.account, params["AccountAlias"])
    return {}


@operation("ListAccountAliases", action="iam:ListAccountAliases")
async def list_account_aliases(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's alias, if it has one."""
    alias = (await iam.store.read(find_account, call.account)).alias
    return {"AccountAliases": [alias] if alias else [], "IsTruncated": False}


@operation("DeleteAccountAlias", action="iam:DeleteAccountAlias")
async def delete_account_alias(iam: IamState, call: Call, params: Params) -> Params:
    """Takes the alias away."""
    await iam.store.write(_delete_alias, call.account, params["AccountAlias"])
    return {}


@operation("UpdateAccountPasswordPolicy", action="iam:UpdateAccountPasswordPolicy")
async def update_account_password_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Says what passwords must be from now on; what is not said is as if there were no rule."""
    policy: dict[str, Any] = {"MinimumPasswordLength": params.get("MinimumPasswordLength", _MIN_LENGTH)}
    policy |= {rule: params.get(rule, False) for rule in _RULES}
    policy |= {rule: params[rule] for rule in _OPTIONAL if rule in params}
    await iam.store.write(_put_policy, call.account, orjson.dumps(policy).decode())
    return {}


@operation("GetAccountPasswordPolicy", action="iam:GetAccountPasswordPolicy")
async def get_account_password_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the account's policy; AwsError ``NoSuchEntity`` when it has AWS's default one."""
    policy = (await iam.store.read(find_account, call.account)).password_policy
    if policy is None:
        raise errors.no_password_policy(call.account)
    return {"PasswordPolicy": policy | {"ExpirePasswords": "MaxPasswordAge" in policy}}


@operation("DeleteAccountPasswordPolicy", action="iam:DeleteAccountPasswordPolicy")
async def delete_account_password_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Goes back to AWS's default policy."""
    await iam.store.write(_delete_policy, call.account)
    return {}


def _create_alias(tx: Tx, account: str, alias: str) -> None:
    owner = tx.one(Q.find_account_of_alias, alias)
    if owner is not None and owner[0] != account:
        raise errors.alias_exists(alias)
    tx.run(Q.put_account_alias, account, alias)


def _delete_alias(tx: Tx, account: str, alias: str) -> None:
    if find_account(tx, account).alias != alias:
        raise errors.no_alias(alias)
    tx.run(Q.put_account_alias, account, None)


def _put_policy(tx: Tx, account: str, policy: str) -> None:
    tx.run(Q.put_password_policy, account, policy)


def _delete_policy(tx: Tx, account: str) -> None:
    if _policy(tx, account) is None:
        raise errors.no_password_policy(account)
    tx.run(Q.put_password_policy, account, None)


def _policy(tx: ReadTx, account: str) -> dict[str, Any] | None:
    return find_account(tx, account).password_policy
