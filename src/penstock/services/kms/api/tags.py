"""TagResource, UntagResource, ListResourceTags."""

import orjson

from penstock.server import Call, Params
from penstock.services.kms.keys.authorize import own_key_operation
from penstock.services.kms.keys.key import Key, get_key
from penstock.services.kms.keys.paging import behind, page
from penstock.services.kms.keys.tag_list import checked_tags, shown_tags
from penstock.services.kms.limits import TAGS_PER_KEY
from penstock.services.kms.state import KmsState
from penstock.store import Tx, queries

Q = queries("penstock.services.kms.keys")


@own_key_operation("TagResource")
async def tag_resource(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Adds the tags, over those with the same keys."""
    await state.store.write(_tag, key, params["Tags"])


@own_key_operation("UntagResource")
async def untag_resource(state: KmsState, call: Call, key: Key, params: Params) -> None:
    """Removes the tags with the keys."""
    await state.store.write(_untag, key, frozenset(params["TagKeys"]))


@own_key_operation("ListResourceTags")
async def list_resource_tags(state: KmsState, call: Call, key: Key, params: Params) -> Params:
    """Returns the key's tags by their keys."""
    after, limit = behind(params), params.get("Limit") or TAGS_PER_KEY
    tags = [tag for tag in shown_tags(key.tags) if tag["TagKey"] > after]
    return page("Tags", tags, limit, lambda tag: tag, lambda tag: str(tag["TagKey"]))


def _tag(tx: Tx, key: Key, given: list[dict[str, str]]) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_kept()
    _put(tx, there, checked_tags(there.tags, given))


def _untag(tx: Tx, key: Key, keys: frozenset[str]) -> None:
    there = get_key(tx, key.id, key.place)
    there.check_kept()
    _put(tx, there, {name: value for name, value in there.tags.items() if name not in keys})


def _put(tx: Tx, key: Key, tags: dict[str, str]) -> None:
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), key.id)
