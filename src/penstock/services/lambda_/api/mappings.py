"""CreateEventSourceMapping and its like."""

from collections.abc import Mapping as MappingOf
from typing import Any

import orjson

from penstock.arn import Arn
from penstock.digits import whole_number
from penstock.server import Call, Params, operation, tag_keys
from penstock.services.lambda_.api.condition_keys import mapping_keys
from penstock.services.lambda_.api.tags import check_tags
from penstock.services.lambda_.errors import conflict, function_not_found, in_use, invalid
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.qualified import find_qualified
from penstock.services.lambda_.names import FunctionName, resolve
from penstock.services.lambda_.sources.mapping import (
    LASTS_MS,
    Mapping,
    State,
    get_mapping,
    mapping_arn,
    mapping_page,
)
from penstock.services.lambda_.state import LambdaState
from penstock.services.source import SourceKind
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 100
_UNSUPPORTED = ("KMSKeyArn", "MetricsConfig", "LoggingConfig", "ProvisionedPollerConfig")


def _mapping_resource(service: object, call: Call, params: Params) -> str:
    return mapping_arn(call.region, call.account, params["UUID"])


@operation("CreateEventSourceMapping", action="lambda:CreateEventSourceMapping", context=mapping_keys)
async def create_event_source_mapping(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the new mapping, whose source is read shortly."""
    name = _own(call, params["FunctionName"])
    source_arn = params.get("EventSourceArn") or ""
    kind = lambda_.sources.kind(source_arn)
    settings = _settings(kind, {}, params, source_arn)
    tags = check_tags(params.get("Tags", {}))
    if tags:
        await call.authorize(
            "lambda:TagResource", mapping_arn(call.region, call.account, "*"), tag_keys(tags)
        )
    function = await lambda_.store.read(_mapped, name)
    await kind.check(call, function, source_arn)
    enabled = params.get("Enabled", True)
    mapping = await lambda_.store.write(_create, lambda_, name, source_arn, enabled, settings, tags)
    return mapping.configuration()


@operation("GetEventSourceMapping", action="lambda:GetEventSourceMapping", resource=_mapping_resource)
async def get_event_source_mapping(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the mapping, with how its last batch went."""
    mapping = await lambda_.store.read(get_mapping, call.account, call.region, params["UUID"])
    return mapping.configuration()


@operation("ListEventSourceMappings", action="lambda:ListEventSourceMappings")
async def list_event_source_mappings(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns a page of mappings, of one function or one source when asked."""
    function = ""
    if text := params.get("FunctionName"):
        function = resolve(text, None, account=call.account, region=call.region).qualified_name
    limit = min(params.get("MaxItems", _PAGE), _PAGE)
    marker = whole_number(params.get("Marker") or "0")
    if marker is None:
        raise invalid("Invalid pagination token provided.")
    found = await lambda_.store.read(
        mapping_page,
        call.account,
        call.region,
        marker,
        function,
        params.get("EventSourceArn", ""),
        limit + 1,
    )
    result: Params = {"EventSourceMappings": [mapping.configuration() for mapping in found[:limit]]}
    if len(found) > limit:
        result["NextMarker"] = str(found[limit - 1].id)
    return result


@operation("UpdateEventSourceMapping", action="lambda:UpdateEventSourceMapping", resource=_mapping_resource)
async def update_event_source_mapping(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the mapping as its source is read from now on; batches that are running finish as they began."""
    mapping = await lambda_.store.read(get_mapping, call.account, call.region, params["UUID"])
    kind = lambda_.sources.kind(mapping.source_arn)
    _settings(kind, mapping.settings, params, mapping.source_arn)
    name = _own(call, params.get("FunctionName") or mapping.function)
    if name.qualified_name != mapping.function:
        arn = _mapping_resource(lambda_, call, params)
        await call.authorize(
            "lambda:UpdateEventSourceMapping", arn, {"lambda:FunctionArn": name.qualified_arn}
        )
    _check_settled(mapping, "update")
    function = await lambda_.store.read(_mapped, name)
    enabled = params.get("Enabled", mapping.enabled)
    if enabled or name.qualified_name != mapping.function:
        await kind.check(call, function, mapping.source_arn)
    mapping = await lambda_.store.write(_update, lambda_, kind, mapping, params, name.qualified_name)
    await lambda_.sources.follow(mapping.uuid)
    return mapping.configuration()


@operation("DeleteEventSourceMapping", action="lambda:DeleteEventSourceMapping", resource=_mapping_resource)
async def delete_event_source_mapping(lambda_: LambdaState, call: Call, params: Params) -> Params:
    """Returns the mapping, which is gone shortly; its source is not read any more."""
    mapping = await lambda_.store.write(_delete, lambda_, call.account, call.region, params["UUID"])
    await lambda_.sources.follow(mapping.uuid)
    return mapping.configuration()


def _own(call: Call, text: str) -> FunctionName:
    """Returns the function that ``text`` names; AwsError when it is another account's, whatever its policy says.

    A mapping runs the function with what its role may read, and is authorised in the caller's account.
    """
    name = resolve(text, None, account=call.account, region=call.region)
    if name.account != call.account:
        raise function_not_found(name.arn)
    return name


def _settings(kind: SourceKind, old: MappingOf[str, Any], params: Params, source_arn: str) -> dict[str, Any]:
    for member in _UNSUPPORTED:
        if params.get(member):
            raise invalid(f"{member} is not supported by this server.")
    return kind.settings(old, params, source_arn)


def _mapped(tx: ReadTx, name: FunctionName) -> Function:
    function = find_qualified(tx, name)
    if function is None:
        raise invalid("Function does not exist")
    return function


def _check_settled(mapping: Mapping, verb: str) -> None:
    """Raises AwsError ``ResourceInUseException`` while the mapping is on its way from one state to another."""
    if mapping.state.is_moving:
        raise in_use(f"Cannot {verb} the event source mapping because it is in use.")


def _create(
    tx: Tx,
    lambda_: LambdaState,
    name: FunctionName,
    source_arn: str,
    enabled: bool,
    settings: dict[str, Any],
    tags: dict[str, str],
) -> Mapping:
    _check_name(tx, name.account, name.region, name.qualified_name, source_arn)
    uuid = tx.ids.uuid()
    tx.insert(
        Q.add_mapping,
        uuid,
        name.account,
        name.region,
        name.qualified_name,
        source_arn,
        enabled,
        _json(settings),
        _json(tags),
        tx.now_ms,
        "No records processed",
        State.CREATING.value,
        tx.now_ms + LASTS_MS,
    )
    tx.after_commit(lambda_.transitions.wake)
    return get_mapping(tx, name.account, name.region, uuid)


def _update(
    tx: Tx, lambda_: LambdaState, kind: SourceKind, old: Mapping, params: Params, function: str
) -> Mapping:
    mapping = get_mapping(tx, old.account, old.region, old.uuid)
    _check_settled(mapping, "update")
    settings = _settings(kind, mapping.settings, params, mapping.source_arn)
    enabled = params.get("Enabled", mapping.enabled)
    function = function if params.get("FunctionName") else mapping.function
    if function != mapping.function:
        _check_name(tx, mapping.account, mapping.region, function, mapping.source_arn)
    state, ends_ms = _changed_state(mapping, enabled), tx.now_ms + LASTS_MS
    tx.run(Q.put_mapping, function, enabled, _json(settings), tx.now_ms, state.value, ends_ms, mapping.id)
    tx.after_commit(lambda_.transitions.wake)
    return get_mapping(tx, old.account, old.region, old.uuid)


def _changed_state(mapping: Mapping, enabled: bool) -> State:
    if enabled == mapping.enabled:
        return State.UPDATING
    return State.ENABLING if enabled else State.DISABLING


def _delete(tx: Tx, lambda_: LambdaState, account: str, region: str, uuid: str) -> Mapping:
    mapping = get_mapping(tx, account, region, uuid)
    _check_settled(mapping, "delete")
    tx.run(Q.put_mapping_deleting, False, State.DELETING.value, tx.now_ms + LASTS_MS, mapping.id)
    tx.after_commit(lambda_.transitions.wake)
    return get_mapping(tx, account, region, uuid)


def _check_name(tx: Tx, account: str, region: str, function: str, source_arn: str) -> None:
    if row := tx.one(Q.find_mapping_of_pair, account, region, function, source_arn):
        kind = Arn.parse(source_arn).service.upper()
        raise conflict(
            f'An event source mapping with {kind} arn (" {source_arn} ") and function (" {function} ") already exists. '
            f"Please update or delete the existing mapping with UUID {row[0]}"
        )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
