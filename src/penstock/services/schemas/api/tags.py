"""TagResource, UntagResource, ListTagsForResource, of registries, schemas and discoverers."""

from collections.abc import Mapping

from penstock.access import Keys
from penstock.errors import AwsError
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.schemas.arns import Named, named
from penstock.services.schemas.errors import bad_request
from penstock.services.schemas.limits import MAX_TAGS
from penstock.services.schemas.records import (
    document,
    get_discoverer,
    get_registry,
    get_schema,
    put_discoverer,
)
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.schemas")


def tagged(schemas: SchemasState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["ResourceArn"])


def requested_tags(schemas: SchemasState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    return tag_keys(params.get("Tags") or {}, params.get("TagKeys") or ())


def checked_tags(old: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given; AwsError."""
    if any(name.lower().startswith("aws:") or not 1 <= len(name) <= 128 for name in given):
        raise bad_request("A tag key has 1 to 128 characters and does not begin with aws:.")
    tags = {**old, **given}
    if len(tags) > MAX_TAGS or any(len(value) > 256 for value in given.values()):
        raise bad_request(f"There can be at most {MAX_TAGS} tags, with values of 256 characters.")
    return tags


@operation("TagResource", action="schemas:TagResource", resource=tagged, context=requested_tags)
async def tag_resource(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await schemas.store.write(_tag, _named(params), params["Tags"])
    return {}


@operation("UntagResource", action="schemas:UntagResource", resource=tagged, context=requested_tags)
async def untag_resource(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys."""
    await schemas.store.write(_untag, _named(params), frozenset(params["TagKeys"]))
    return {}


@operation("ListTagsForResource", action="schemas:ListTagsForResource", resource=tagged)
async def list_tags_for_resource(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the tags of what the ARN names."""
    return {"Tags": await schemas.store.read(_tags, _named(params))}


def find_tags(tx: ReadTx, name: Named) -> dict[str, str]:
    """Returns the tags of what is named; none when there is no such thing."""
    try:
        return _tags(tx, name)
    except AwsError:
        return {}


def _named(params: Params) -> Named:
    name = named(params["ResourceArn"])
    if name is None:
        raise bad_request("The ARN is not that of a registry, a schema or a discoverer.")
    return name


def _tags(tx: ReadTx, name: Named) -> dict[str, str]:
    match name.kind:
        case "registry":
            return get_registry(tx, name.place, name.names[0]).tags
        case "schema":
            return get_schema(tx, name.place, *name.names).tags
        case _:
            return get_discoverer(tx, name.place, name.names[0]).tags


def _put(tx: Tx, name: Named, tags: dict[str, str]) -> None:
    match name.kind:
        case "registry":
            registry = get_registry(tx, name.place, name.names[0])
            tx.run(Q.put_registry, registry.description, document(tags), registry.id)
        case "schema":
            tx.run(Q.put_schema_tags, document(tags), get_schema(tx, name.place, *name.names).id)
        case _:
            put_discoverer(tx, get_discoverer(tx, name.place, name.names[0])._replace(tags=tags))


def _tag(tx: Tx, name: Named, given: dict[str, str]) -> None:
    _put(tx, name, checked_tags(_tags(tx, name), given))


def _untag(tx: Tx, name: Named, keys: frozenset[str]) -> None:
    _put(tx, name, {key: value for key, value in _tags(tx, name).items() if key not in keys})
