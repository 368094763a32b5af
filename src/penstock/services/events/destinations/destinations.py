"""CreateApiDestination, UpdateApiDestination, DeleteApiDestination, DescribeApiDestination, ListApiDestinations.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from penstock.server import Call, Params, operation, page_token
from penstock.services.events.arns import Key, connection_of
from penstock.services.events.destinations.destination import (
    Destination,
    connection_at,
    destination_key,
    find_destination,
    forget_destination,
    get_destination,
    is_active,
    named_destination,
)
from penstock.services.events.endpoints import check_endpoint
from penstock.services.events.errors import destination_exists, no_connection, validation
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("CreateApiDestination", action="events:CreateApiDestination", resource=named_destination)
async def create_api_destination(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the new API destination."""
    _check(call, params)
    return await events.store.write(_create, destination_key(call, params), params)


@operation("UpdateApiDestination", action="events:UpdateApiDestination", resource=named_destination)
async def update_api_destination(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the API destination with what is given; the rest stays."""
    _check(call, params)
    return await events.store.write(_update, destination_key(call, params), params)


@operation("DeleteApiDestination", action="events:DeleteApiDestination", resource=named_destination)
async def delete_api_destination(events: EventsState, call: Call, params: Params) -> Params:
    """Deletes the API destination; rules that have it for a target find nothing there."""
    await events.store.write(_delete, destination_key(call, params))
    return {}


@operation("DescribeApiDestination", action="events:DescribeApiDestination", resource=named_destination)
async def describe_api_destination(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the API destination is."""
    return await events.store.read(_described, destination_key(call, params))


@operation("ListApiDestinations", action="events:ListApiDestinations")
async def list_api_destinations(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the account's API destinations by name, of a prefix, or of a connection."""
    after, limit = page_after(params)
    found = await events.store.read(_list, call, params, after, limit)
    answer: Params = {"ApiDestinations": found[:limit]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1]["Name"])
    return answer


def _check(call: Call, params: Params) -> None:
    if endpoint := params.get("InvocationEndpoint"):
        check_endpoint(endpoint, "InvocationEndpoint")
    if connection := params.get("ConnectionArn"):
        named = connection_of(connection)
        if named is None or named.key[:2] != (call.account, call.region):
            raise validation(
                "Parameter ConnectionArn is not valid. Reason: Provided Arn is not in correct format."
            )


def _check_connection(tx: ReadTx, arn: str) -> None:
    named = connection_of(arn)
    if connection_at(tx, arn) is None:
        raise no_connection(named.key[2] if named else arn)


def _create(tx: Tx, key: Key, params: Params) -> Params:
    if find_destination(tx, key):
        raise destination_exists(key[2])
    _check_connection(tx, params["ConnectionArn"])
    tx.insert(
        Q.add_destination,
        *key,
        tx.ids.uuid(),
        params.get("Description"),
        params["ConnectionArn"],
        params["InvocationEndpoint"],
        params["HttpMethod"],
        params.get("InvocationRateLimitPerSecond"),
        tx.now_ms,
        tx.now_ms,
    )
    forget_destination(tx, key)
    return _state(tx, get_destination(tx, key))


def _update(tx: Tx, key: Key, params: Params) -> Params:
    old = get_destination(tx, key)
    if params.get("ConnectionArn"):
        _check_connection(tx, params["ConnectionArn"])
    tx.run(
        Q.put_destination,
        params.get("Description", old.description),
        params.get("ConnectionArn") or old.connection,
        params.get("InvocationEndpoint") or old.endpoint,
        params.get("HttpMethod") or old.method,
        params.get("InvocationRateLimitPerSecond") or old.rate,
        tx.now_ms,
        old.id,
    )
    forget_destination(tx, key)
    return _state(tx, get_destination(tx, key))


def _delete(tx: Tx, key: Key) -> None:
    tx.run(Q.delete_destination, get_destination(tx, key).id)
    forget_destination(tx, key)


def _described(tx: ReadTx, key: Key) -> Params:
    destination = get_destination(tx, key)
    shown = _shown(tx, destination)
    if destination.description is not None:
        shown["Description"] = destination.description
    return shown


def _list(tx: ReadTx, call: Call, params: Params, after: str, limit: int) -> list[Params]:
    prefix, place = params.get("NamePrefix") or "", (call.account, call.region)
    # The last of the page before comes once more.
    bounds = (max(after, prefix), prefix + LAST, limit + 2)
    if connection := params.get("ConnectionArn"):
        named = connection_of(connection)
        is_ours = named is not None and named.key[:2] == place
        rows = tx.all(Q.find_destinations_of_connection, connection, *bounds) if is_ours else []
    else:
        rows = tx.all(Q.find_destinations, *place, *bounds)
    names = [name for (name,) in rows if name > after][: limit + 1]
    return [_shown(tx, get_destination(tx, (*place, name))) for name in names]


def _shown(tx: ReadTx, destination: Destination) -> Params:
    shown: Params = {
        **_state(tx, destination),
        "Name": destination.name,
        "ConnectionArn": destination.connection,
        "InvocationEndpoint": destination.endpoint,
        "HttpMethod": destination.method,
    }
    if destination.rate is not None:
        shown["InvocationRateLimitPerSecond"] = destination.rate
    return shown


def _state(tx: ReadTx, destination: Destination) -> Params:
    return {
        "ApiDestinationArn": destination.arn,
        "ApiDestinationState": "ACTIVE" if is_active(tx, destination) else "INACTIVE",
        "CreationTime": destination.created_ms,
        "LastModifiedTime": destination.modified_ms,
    }
