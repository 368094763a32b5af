"""The policies that narrow a session, made one document.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
"""

from typing import Any

import orjson

from penstock.access import PolicyError, parse_policy
from penstock.identities import IdentityKeeper
from penstock.services.sts import errors
from penstock.store import ReadTx

_PACKED_BYTES = 2048  # of policies and tags; AWS packs them more tightly, in a way it does not publish
_MAX_ARNS = 10


def session_policy(tx: ReadTx, keeper: IdentityKeeper, account: str, params: dict[str, Any]) -> str | None:
    """Returns the document that narrows a session, or None; AwsError ``MalformedPolicyDocument``."""
    documents = [params["Policy"]] if params.get("Policy") else []
    documents += _managed(tx, keeper, account, params.get("PolicyArns") or [])
    if not documents:
        return None
    statements: list[dict[str, Any]] = []
    for document in documents:
        try:
            parse_policy(document, kind="identity")
        except PolicyError as error:
            raise errors.malformed_document(str(error)) from None
        found = orjson.loads(document)["Statement"]
        statements += found if isinstance(found, list) else [found]
    # One document: statement ids need not be unique across those it is made of, and mean nothing here.
    content = {"Version": "2012-10-17", "Statement": [_without_sid(s) for s in statements]}
    return orjson.dumps(content).decode()


def packed_percent(params: dict[str, Any]) -> int:
    """Returns how much of its room what a session is opened with takes; AwsError ``PackedPolicyTooLarge``."""
    tags = sum(len(tag["Key"]) + len(tag["Value"]) for tag in params.get("Tags") or ())
    percent = -(-100 * (len(params.get("Policy") or "") + tags) // _PACKED_BYTES)
    if percent > 100:
        raise errors.packed_policy_too_large(percent)
    return percent


def shown_packing(params: dict[str, Any], percent: int) -> dict[str, int]:
    """Returns how an answer says how much room was taken: nothing when there was nothing to pack."""
    given = params.get("Policy") or params.get("PolicyArns") or params.get("Tags")
    return {"PackedPolicySize": percent} if given else {}


def _managed(tx: ReadTx, keeper: IdentityKeeper, account: str, given: list[dict[str, str]]) -> list[str]:
    if len(given) > _MAX_ARNS:
        raise errors.validation(
            f"1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_ARNS}"
        )
    documents = []
    for item in given:
        document = keeper.policy_document(tx, item.get("arn", ""), account)
        if document is None:
            raise errors.malformed_document(f"Policy {item.get('arn')} does not exist or is not attachable.")
        documents.append(document)
    return documents


def _without_sid(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}
