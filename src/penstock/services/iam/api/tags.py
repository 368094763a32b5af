"""Tags of roles, users and policies."""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.iam import errors, limits
from penstock.services.iam.api.authorize import EntityHandler, entity_operation, policy_arn, request_tags
from penstock.services.iam.entities.entity import Entity, Kind, get_entity
from penstock.services.iam.entities.identity import forget_identity
from penstock.services.iam.entities.managed_policy import get_policy, own_policy
from penstock.services.iam.entities.role import forget_role
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.iam")


def _tagging(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Tag{kind}")
    async def tag(iam: IamState, call: Call, params: Params) -> Params:
        """Sets tags of a role or user."""
        await iam.store.write(_tag_entity, kind, call.account, params)
        return {}

    return tag


def _untagging(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"Untag{kind}")
    async def untag(iam: IamState, call: Call, params: Params) -> Params:
        """Removes tags of a role or user."""
        await iam.store.write(_untag_entity, kind, call.account, params)
        return {}

    return untag


def _listing(kind: Kind) -> EntityHandler:
    @entity_operation(kind, f"List{kind}Tags")
    async def list_tags(iam: IamState, call: Call, params: Params) -> Params:
        """Returns the tags of a role or user."""
        return await iam.store.read(_list_entity_tags, kind, call.account, params)

    return list_tags


tag_role, tag_user = map(_tagging, (Kind.ROLE, Kind.USER))
untag_role, untag_user = map(_untagging, (Kind.ROLE, Kind.USER))
list_role_tags, list_user_tags = map(_listing, (Kind.ROLE, Kind.USER))


@operation("TagPolicy", action="iam:TagPolicy", resource=policy_arn, context=request_tags)
async def tag_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Sets tags of a managed policy."""
    await iam.store.write(_tag_policy, call.account, params)
    return {}


@operation("UntagPolicy", action="iam:UntagPolicy", resource=policy_arn, context=request_tags)
async def untag_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Removes tags of a managed policy."""
    await iam.store.write(_untag_policy, call.account, params)
    return {}


@operation("ListPolicyTags", action="iam:ListPolicyTags", resource=policy_arn)
async def list_policy_tags(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the tags of a managed policy."""
    return await iam.store.read(_list_policy_tags, call.account, params)


def put_tags(tx: Tx, entity: str, tags: list[dict[str, str]]) -> None:
    """Sets tags of a role's or user's id, or a policy's ARN; AwsError ``InvalidInput``, ``LimitExceeded``."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(keys) != len(set(keys)):
        text = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise errors.invalid_input(text)
    for tag in tags:
        tx.run(Q.put_tag, entity, tag["Key"].lower(), tag["Key"], tag["Value"])
    if tags and len(tag_list(tx, entity)) > limits.TAGS_PER_ENTITY:
        raise errors.limit_exceeded("The number of tags has reached the maximum limit.")


def tag_list(tx: ReadTx, entity: str) -> list[dict[str, str]]:
    """Returns the tags as IAM shows them."""
    return [{"Key": key, "Value": value} for key, value in tx.all(Q.find_tags, entity)]


def remove_tags(tx: Tx, entity: str, keys: list[str]) -> None:
    """Removes tags; those that are not there are none the less gone."""
    for key in keys:
        tx.run(Q.delete_tag, entity, key.lower())


def _tag_entity(tx: Tx, kind: Kind, account: str, params: dict[str, Any]) -> None:
    entity = get_entity(tx, kind, account, params[kind.member])
    put_tags(tx, entity.id, params["Tags"])
    _forget(tx, account, entity)


def _untag_entity(tx: Tx, kind: Kind, account: str, params: dict[str, Any]) -> None:
    entity = get_entity(tx, kind, account, params[kind.member])
    remove_tags(tx, entity.id, params["TagKeys"])
    _forget(tx, account, entity)


def _forget(tx: Tx, account: str, entity: Entity) -> None:
    if entity.kind is Kind.ROLE:
        forget_role(tx, account, entity.name)
    forget_identity(tx, entity.id)


def _list_entity_tags(tx: ReadTx, kind: Kind, account: str, params: dict[str, Any]) -> Params:
    return tag_page(tx, get_entity(tx, kind, account, params[kind.member]).id, params)


def _tag_policy(tx: Tx, account: str, params: dict[str, Any]) -> None:
    put_tags(tx, own_policy(tx, params["PolicyArn"], account).arn, params["Tags"])


def _untag_policy(tx: Tx, account: str, params: dict[str, Any]) -> None:
    remove_tags(tx, own_policy(tx, params["PolicyArn"], account).arn, params["TagKeys"])


def _list_policy_tags(tx: ReadTx, account: str, params: dict[str, Any]) -> Params:
    return tag_page(tx, get_policy(tx, params["PolicyArn"], account).arn, params)


def tag_page(tx: ReadTx, entity: str, params: dict[str, Any]) -> Params:
    """Returns a page of the tags, by key."""
    after, size = page_start(params)
    tags = [(tag["Key"].lower(), tag) for tag in tag_list(tx, entity)]
    return page("Tags", [(key, tag) for key, tag in tags if key > after], size)
