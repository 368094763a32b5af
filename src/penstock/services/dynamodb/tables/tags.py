"""TagResource, UntagResource, ListTagsOfResource, of tables."""

import orjson

from penstock.server import Call, Params, operation, page_token, read_page_token, requested_tags
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.arns import Key, named
from penstock.services.dynamodb.errors import invalid, no_such_resource
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.table import Table, find_table, forget_table
from penstock.services.dynamodb.tables.tag_list import checked_tags, shown_tags
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


def tagged_resource(dynamo: DynamoState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["ResourceArn"])


@operation("TagResource", action="dynamodb:TagResource", resource=tagged_resource, context=requested_tags)
async def tag_resource(dynamo: DynamoState, call: Call, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await dynamo.store.write(_tag, _key(call, params), params)


@operation("UntagResource", action="dynamodb:UntagResource", resource=tagged_resource, context=requested_tags)
async def untag_resource(dynamo: DynamoState, call: Call, params: Params) -> None:
    """Removes the tags with the keys."""
    await dynamo.store.write(_untag, _key(call, params), params)


@operation("ListTagsOfResource", action="dynamodb:ListTagsOfResource", resource=tagged_resource)
async def list_tags_of_resource(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table's tags, ten at a time."""
    tags = shown_tags(await dynamo.store.read(_tags, _key(call, params), params["ResourceArn"]))
    place = read_page_token(params["NextToken"]) if params.get("NextToken") else "0"
    if place is None or not place.isdecimal():
        raise invalid("Invalid NextToken value")
    end = int(place) + limits.TAGS_PAGE
    answer: Params = {"Tags": tags[int(place) : end]}
    if len(tags) > end:
        answer["NextToken"] = page_token(str(end))
    return answer


def _key(call: Call, params: Params) -> Key:
    found = named(params["ResourceArn"])
    if found is None or found.kind or found.table[1] != call.region:
        raise invalid(f"Invalid TableArn: Invalid ResourceArn provided as input {params['ResourceArn']}")
    return found.table


def _tagged(tx: ReadTx, key: Key, arn: str) -> Table:
    table = find_table(tx, key)
    if table is None:
        raise no_such_resource(arn)
    return table


def _tags(tx: ReadTx, key: Key, arn: str) -> dict[str, str]:
    return dict(_tagged(tx, key, arn).tags)


def _tag(tx: Tx, key: Key, params: Params) -> None:
    table = _tagged(tx, key, params["ResourceArn"])
    _put(tx, table, checked_tags(table.tags, params["Tags"]))


def _untag(tx: Tx, key: Key, params: Params) -> None:
    table = _tagged(tx, key, params["ResourceArn"])
    _put(tx, table, {key: value for key, value in table.tags.items() if key not in params["TagKeys"]})


def _put(tx: Tx, table: Table, tags: dict[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), table.id)
    forget_table(tx, table.key)
