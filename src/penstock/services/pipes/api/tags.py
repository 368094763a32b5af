"""TagResource, UntagResource, ListTagsForResource."""

from collections.abc import Mapping

import orjson

from penstock.access import Keys
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.pipes.arns import PipeKey, pipe_of
from penstock.services.pipes.errors import validation
from penstock.services.pipes.limits import MAX_TAGS
from penstock.services.pipes.pipe.pipe import get_pipe
from penstock.services.pipes.state import PipesState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.pipes.pipe")


def tagged_pipe(pipes: PipesState, call: Call, params: Params) -> str:
    """Returns the ARN that is among the parameters."""
    return str(params["resourceArn"])


def requested_tags(pipes: PipesState, call: Call, params: Params) -> Keys:
    """Returns the condition keys of the tags that a call brings or takes away."""
    return tag_keys(params.get("tags") or params.get("Tags") or {}, params.get("tagKeys") or ())


def checked_tags(old: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns ``old`` with the tags that are given; AwsError."""
    if any(name.lower().startswith("aws:") for name in given):
        raise validation("Tag keys that begin with aws: are reserved.")
    tags = {**old, **given}
    if len(tags) > MAX_TAGS:
        raise validation(f"A pipe can have at most {MAX_TAGS} tags.")
    return tags


@operation("TagResource", action="pipes:TagResource", resource=tagged_pipe, context=requested_tags)
async def tag_resource(pipes: PipesState, call: Call, params: Params) -> Params:
    """Adds the tags, over those with the same keys."""
    await pipes.store.write(_tag, _key(params), params["tags"])
    return {}


@operation("UntagResource", action="pipes:UntagResource", resource=tagged_pipe, context=requested_tags)
async def untag_resource(pipes: PipesState, call: Call, params: Params) -> Params:
    """Removes the tags with the keys."""
    await pipes.store.write(_untag, _key(params), frozenset(params["tagKeys"]))
    return {}


@operation("ListTagsForResource", action="pipes:ListTagsForResource", resource=tagged_pipe)
async def list_tags_for_resource(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the tags of a pipe."""
    return {"tags": await pipes.store.read(_tags, _key(params))}


def _key(params: Params) -> PipeKey:
    key = pipe_of(params["resourceArn"])
    if key is None:
        raise validation("The resource ARN is not that of a pipe.")
    return key


def _tags(tx: ReadTx, key: PipeKey) -> dict[str, str]:
    return get_pipe(tx, key).tags


def _tag(tx: Tx, key: PipeKey, given: dict[str, str]) -> None:
    pipe = get_pipe(tx, key)
    tx.run(Q.put_tags, orjson.dumps(checked_tags(pipe.tags, given)).decode(), pipe.id)


def _untag(tx: Tx, key: PipeKey, keys: frozenset[str]) -> None:
    pipe = get_pipe(tx, key)
    left = {name: value for name, value in pipe.tags.items() if name not in keys}
    tx.run(Q.put_tags, orjson.dumps(left).decode(), pipe.id)
