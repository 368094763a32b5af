"""CreatePipe, UpdatePipe, DescribePipe, DeletePipe, ListPipes, StartPipe, StopPipe.

Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_Operations.html
"""

from dataclasses import replace
from typing import Any

import orjson

from penstock.server import Call, Params, operation, page_token, read_page_token, tag_keys
from penstock.services.pipes.api.checks import check_pipe, check_role
from penstock.services.pipes.api.tags import checked_tags, requested_tags
from penstock.services.pipes.arns import PipeKey
from penstock.services.pipes.errors import pipe_exists, too_many_pipes, validation
from penstock.services.pipes.limits import MAX_PAGE, MAX_PIPES
from penstock.services.pipes.pipe.pipe import (
    LASTS_MS,
    Desired,
    Pipe,
    State,
    find_pipe,
    get_pipe,
    get_settled_pipe,
    pipe_page,
)
from penstock.services.pipes.state import PipesState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.pipes.pipe")

_LAST = "\U0010ffff"
_SETTINGS = (
    "Description",
    "SourceParameters",
    "Enrichment",
    "EnrichmentParameters",
    "TargetParameters",
    "LogConfiguration",
    "KmsKeyIdentifier",
)
_SOURCE = "SourceParameters"


def named_pipe(pipes: PipesState, call: Call, params: Params) -> str:
    """Returns the ARN of the pipe that is among the parameters."""
    return _key(call, params).arn


@operation("CreatePipe", action="pipes:CreatePipe", resource=named_pipe, context=requested_tags)
async def create_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the new pipe, which runs shortly."""
    tags = checked_tags({}, params.get("Tags") or {})
    if tags:
        await call.authorize("pipes:TagResource", _key(call, params).arn, tag_keys(tags))
    pipe = _new(pipes, call, params, tags)
    check_pipe(pipes, pipe)
    await check_role(pipes, call, pipe)
    return (await pipes.store.write(_create, pipes, pipe)).summary()


@operation("UpdatePipe", action="pipes:UpdatePipe", resource=named_pipe)
async def update_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the pipe, which runs shortly with what is given and else with what it said before."""
    old = await pipes.store.read(get_settled_pipe, _key(call, params))
    pipe = _changed(old, params)
    check_pipe(pipes, pipe)
    await check_role(pipes, call, pipe)
    pipe = await pipes.store.write(_update, pipes, old.key, params)
    await pipes.runs.follow(pipe.uid)
    return pipe.summary()


@operation("DescribePipe", action="pipes:DescribePipe", resource=named_pipe)
async def describe_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns what the pipe is, and why nothing goes through it when something is wrong."""
    return (await pipes.store.read(get_pipe, _key(call, params))).description()


@operation("DeletePipe", action="pipes:DeletePipe", resource=named_pipe)
async def delete_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the pipe, which is gone shortly; what it had taken is finished, or comes back in its source."""
    pipe = await pipes.store.write(_go, pipes, _key(call, params), Desired.DELETED, State.DELETING)
    await pipes.runs.follow(pipe.uid)
    return pipe.summary()


@operation("StartPipe", action="pipes:StartPipe", resource=named_pipe)
async def start_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the pipe, which runs shortly."""
    return (
        await pipes.store.write(_go, pipes, _key(call, params), Desired.RUNNING, State.STARTING)
    ).summary()


@operation("StopPipe", action="pipes:StopPipe", resource=named_pipe)
async def stop_pipe(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the pipe, whose source is not read any more."""
    pipe = await pipes.store.write(_go, pipes, _key(call, params), Desired.STOPPED, State.STOPPING)
    await pipes.runs.follow(pipe.uid)
    return pipe.summary()


@operation("ListPipes", action="pipes:ListPipes")
async def list_pipes(pipes: PipesState, call: Call, params: Params) -> Params:
    """Returns the account's pipes by name: of a prefix, in a state, from a source, to a target."""
    token = params.get("NextToken")
    after = read_page_token(token) if token else ""
    if after is None:
        raise validation("Invalid NextToken.")
    limit = params.get("Limit") or MAX_PAGE
    prefix = params.get("NamePrefix") or ""
    found = await pipes.store.read(_list, (call.account, call.region), prefix, after, limit)
    answer: Params = {"Pipes": [pipe.line() for pipe in found[:limit] if _is_wanted(pipe, params)]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].name)
    return answer


def _key(call: Call, params: Params) -> PipeKey:
    return PipeKey(call.account, call.region, params["Name"])


def _new(pipes: PipesState, call: Call, params: Params, tags: dict[str, str]) -> Pipe:
    settings = _given(params)
    desired = Desired(params.get("DesiredState") or Desired.RUNNING)
    return Pipe(
        id=0,
        uid=pipes.parts.ids.uuid(),
        key=_key(call, params),
        source=params["Source"],
        target=params["Target"],
        role=params["RoleArn"],
        settings=settings,
        tags=tags,
        desired=desired,
        state=State.CREATING,
        reason="",
        created_ms=pipes.parts.clock.now_ms(),
        modified_ms=pipes.parts.clock.now_ms(),
    )


def _changed(old: Pipe, params: Params) -> Pipe:
    settings = {**old.settings, **_given(params)}
    if _SOURCE in params:
        settings[_SOURCE] = _source_parameters(old.settings.get(_SOURCE) or {}, params[_SOURCE])
    return replace(
        old,
        target=params.get("Target") or old.target,
        role=params["RoleArn"],
        settings=settings,
        desired=Desired(params.get("DesiredState") or old.desired),
    )


def _source_parameters(old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Returns the parameters with what is given: where a stream is begun cannot be given again."""
    merged = dict(old)
    for member, value in given.items():
        is_part = isinstance(value, dict) and member != "FilterCriteria"
        merged[member] = {**(old.get(member) or {}), **value} if is_part else value
    return merged


def _given(params: Params) -> dict[str, Any]:
    return {member: params[member] for member in _SETTINGS if params.get(member) is not None}


def _create(tx: Tx, pipes: PipesState, pipe: Pipe) -> Pipe:
    if find_pipe(tx, pipe.key):
        raise pipe_exists(pipe.name)
    (count,) = tx.one(Q.count_pipes, pipe.account, pipe.region) or (0,)
    if count >= MAX_PIPES:
        raise too_many_pipes()
    said = (pipe.source, pipe.target, pipe.role, _document(pipe.settings), _document(pipe.tags))
    stands = (pipe.desired.value, pipe.state.value, tx.now_ms + LASTS_MS, tx.now_ms, tx.now_ms)
    tx.insert(Q.add_pipe, pipe.uid, *pipe.key, *said, *stands)
    tx.after_commit(pipes.runs.wake)
    return get_pipe(tx, pipe.key)


def _update(tx: Tx, pipes: PipesState, key: PipeKey, params: Params) -> Pipe:
    pipe = _changed(get_settled_pipe(tx, key), params)
    state = State.UPDATING.value
    said = (pipe.target, pipe.role, _document(pipe.settings), pipe.desired.value)
    tx.run(Q.put_pipe, *said, state, tx.now_ms + LASTS_MS, tx.now_ms, pipe.id)
    tx.after_commit(pipes.runs.wake)
    return get_pipe(tx, key)


def _go(tx: Tx, pipes: PipesState, key: PipeKey, desired: Desired, state: State) -> Pipe:
    pipe = get_settled_pipe(tx, key)
    tx.run(Q.put_desired, desired.value, state.value, tx.now_ms + LASTS_MS, tx.now_ms, pipe.id)
    tx.after_commit(pipes.runs.wake)
    return get_pipe(tx, key)


def _list(tx: ReadTx, place: tuple[str, str], prefix: str, after: str, limit: int) -> list[Pipe]:
    # The last of the page before comes once more.
    found = pipe_page(tx, place, max(prefix, after), prefix + _LAST, limit + 2)
    return [pipe for pipe in found if pipe.name > after][: limit + 1]


def _is_wanted(pipe: Pipe, params: Params) -> bool:
    return (
        params.get("DesiredState") in (None, pipe.desired.value)
        and params.get("CurrentState") in (None, pipe.state.value)
        and pipe.source.startswith(params.get("SourcePrefix") or "")
        and pipe.target.startswith(params.get("TargetPrefix") or "")
    )


def _document(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
