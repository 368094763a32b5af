"""The policies of keys: what AWS gives those that were made without one, and what is refused.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
"""

from dataclasses import replace

import orjson

from penstock.access import Policy, PolicyError, decide, parse_policy
from penstock.server import Call, request_keys
from penstock.services.kms.arns import Place
from penstock.services.kms.errors import limit_exceeded, malformed_policy
from penstock.services.kms.keys.grants import all_grants, statements_of
from penstock.services.kms.limits import GRANTS, POLICY_BYTES
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

NAME = "default"
"""What the only policy of a key is called."""

_EVERYTHING = parse_policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    },
    kind="identity",
)


def default_policy(account: str) -> str:
    """Returns the policy of a key that was made without one: the account's own policies say who may what."""
    everything = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return _text("key-default-1", everything)


def aws_managed_policy(place: Place, service: str) -> str:
    """Returns the policy of the key that AWS keeps for a service: it alone may use it, for whoever may use it."""
    account, region = place
    through = {
        "Sid": f"Allow access through {service} for all principals in the account that are authorized to use it",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ],
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": f"{service}.{region}.amazonaws.com",
                "kms:CallerAccount": account,
            }
        },
    }
    looking = {
        "Sid": "Allow direct access to key metadata to the account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        "Resource": "*",
    }
    return _text(f"auto-{service}-1", through, looking)


def policy_of(tx: ReadTx, key_id: str) -> Policy:
    """Returns the key's policy with its grants, compiled."""
    return tx.cached("kms.policy", key_id, _load)


def put_policy(tx: Tx, key_id: str, text: str) -> None:
    """Stores the policy, which holds from now on."""
    tx.run(Q.put_policy, text, key_id)
    tx.forget("kms.policy", key_id)


def check_policy(text: str) -> Policy:
    """Returns the policy compiled; AwsError when it is malformed or too long."""
    if len(text.encode()) > POLICY_BYTES:
        raise limit_exceeded(f"The key policy cannot be longer than {POLICY_BYTES} bytes.")
    try:
        return parse_policy(text, kind="key")
    except PolicyError as error:
        raise malformed_policy(str(error)) from None


def check_no_lockout(call: Call, policy: Policy, arn: str) -> None:
    """Returns when the caller could change the policy again, as far as it goes; AwsError."""
    unbound = replace(call.principal, identity=(_EVERYTHING,), boundary=None, session=None)
    keys = {**request_keys(call), "kms:CallerAccount": call.account}
    if not decide(unbound, "kms:PutKeyPolicy", arn, keys, policy, call.account).allowed:
        raise malformed_policy(
            "The new key policy will not allow you to update the key policy in the future."
        )


def _load(tx: ReadTx, key_id: str) -> Policy:
    row = tx.one(Q.find_policy, key_id)
    assert row is not None
    grants = statements_of(all_grants(tx, key_id, GRANTS))
    return replace(parse_policy(row[0], kind="key"), grants=grants)


def _text(id: str, *statements: object) -> str:
    document = {"Version": "2012-10-17", "Id": id, "Statement": list(statements)}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
