"""CreateConnection, UpdateConnection, DeleteConnection, DescribeConnection, ListConnections, DeauthorizeConnection.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from penstock.server import Call, Params, operation, page_token
from penstock.services.events.arns import Key, connection_arn
from penstock.services.events.connections.connection import (
    AuthorizationType,
    Connection,
    ConnectionState,
    connection_key,
    find_connection,
    forget_connection,
    get_connection,
    named_connection,
    read_auth,
    sealed_auth,
)
from penstock.services.events.connections.parameters import Auth, checked_auth, merged_auth, shown_auth
from penstock.services.events.errors import connection_exists, not_implemented
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("CreateConnection", action="events:CreateConnection", resource=named_connection)
async def create_connection(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the new connection; what authorises by a token fetches it afterwards."""
    _refuse_lacking(params)
    kind = AuthorizationType(params["AuthorizationType"])
    auth = checked_auth(kind, params["AuthParameters"])
    return _state(await events.store.write(_create, events, connection_key(call, params), kind, auth, params))


@operation("UpdateConnection", action="events:UpdateConnection", resource=named_connection)
async def update_connection(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the connection with what is given; the rest stays. It is authorised anew."""
    _refuse_lacking(params)
    return _state(await events.store.write(_update, events, connection_key(call, params), params))


@operation("DeleteConnection", action="events:DeleteConnection", resource=named_connection)
async def delete_connection(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the connection was."""
    return _state(await events.store.write(_delete, connection_key(call, params)))


@operation("DescribeConnection", action="events:DescribeConnection", resource=named_connection)
async def describe_connection(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the connection is, without its secrets."""
    return await events.store.read(_described, connection_key(call, params))


@operation("ListConnections", action="events:ListConnections")
async def list_connections(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the account's connections by name, of a prefix, in a state."""
    after, limit = page_after(params)
    found = await events.store.read(_list, call, params.get("NamePrefix") or "", after, limit)
    state = params.get("ConnectionState")
    answer: Params = {"Connections": [_summary(one) for one in found[:limit] if state in (None, one.state)]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].name)
    return answer


@operation("DeauthorizeConnection", action="events:DeauthorizeConnection", resource=named_connection)
async def deauthorize_connection(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the connection, which has no parameters any more."""
    return _state(await events.store.write(_deauthorize, connection_key(call, params)))


def _refuse_lacking(params: Params) -> None:
    if params.get("KmsKeyIdentifier"):
        raise not_implemented("KMS keys are")
    if params.get("InvocationConnectivityParameters"):
        raise not_implemented("Connections to private APIs are")


def _create(
    tx: Tx, events: EventsState, key: Key, kind: AuthorizationType, auth: Auth, params: Params
) -> Connection:
    if find_connection(tx, key):
        raise connection_exists(key[2])
    uid, state = tx.ids.uuid(), _first_state(kind)
    tx.insert(
        Q.add_connection,
        *key,
        uid,
        params.get("Description"),
        kind.value,
        sealed_auth(tx, connection_arn(key, uid), auth),
        state.value,
        tx.now_ms,
        tx.now_ms,
        tx.now_ms if state is ConnectionState.AUTHORIZED else None,
    )
    forget_connection(tx, key)
    tx.after_commit(events.authorizing.set)
    return get_connection(tx, key)


def _update(tx: Tx, events: EventsState, key: Key, params: Params) -> Connection:
    old = get_connection(tx, key)
    kind = AuthorizationType(params.get("AuthorizationType") or old.kind)
    auth = merged_auth(kind, read_auth(tx, old), params.get("AuthParameters") or {})
    description = params.get("Description", old.description)
    _put(tx, old, description, kind, auth, _first_state(kind))
    tx.after_commit(events.authorizing.set)
    return get_connection(tx, key)


def _delete(tx: Tx, key: Key) -> Connection:
    connection = get_connection(tx, key)
    tx.run(Q.delete_connection, connection.id)
    forget_connection(tx, key)
    return connection


def _deauthorize(tx: Tx, key: Key) -> Connection:
    old = get_connection(tx, key)
    _put(tx, old, old.description, old.kind, {}, ConnectionState.DEAUTHORIZED)
    return get_connection(tx, key)


def _put(
    tx: Tx,
    old: Connection,
    description: str | None,
    kind: AuthorizationType,
    auth: Auth,
    state: ConnectionState,
) -> None:
    authorized_ms = tx.now_ms if state is ConnectionState.AUTHORIZED else old.authorized_ms
    sealed = sealed_auth(tx, old.arn, auth)
    tx.run(Q.put_connection, description, kind.value, sealed, state.value, tx.now_ms, authorized_ms, old.id)
    forget_connection(tx, old.key)


def _first_state(kind: AuthorizationType) -> ConnectionState:
    """Returns the state of a connection whose parameters are new."""
    return ConnectionState.AUTHORIZING if kind is AuthorizationType.OAUTH else ConnectionState.AUTHORIZED


def _described(tx: ReadTx, key: Key) -> Params:
    connection = get_connection(tx, key)
    account, region, name = key
    # AWS keeps the parameters in Secrets Manager; here the connection itself does, sealed.
    secret = f"arn:aws:secretsmanager:{region}:{account}:secret:events!connection/{name}/{connection.uid}"
    shown = {
        **_summary(connection),
        "SecretArn": secret,
        "AuthParameters": shown_auth(read_auth(tx, connection)),
    }
    return shown if connection.description is None else {**shown, "Description": connection.description}


def _list(tx: ReadTx, call: Call, prefix: str, after: str, limit: int) -> list[Connection]:
    place = (call.account, call.region)
    # The last of the page before comes once more.
    rows = tx.all(Q.find_connections, *place, max(after, prefix), prefix + LAST, limit + 2)
    return [get_connection(tx, (*place, name)) for (name,) in rows if name > after][: limit + 1]


def _summary(connection: Connection) -> Params:
    shown: Params = {
        **_state(connection),
        "Name": connection.name,
        "AuthorizationType": connection.kind.value,
    }
    return shown if connection.reason is None else {**shown, "StateReason": connection.reason}


def _state(connection: Connection) -> Params:
    shown: Params = {
        "ConnectionArn": connection.arn,
        "ConnectionState": connection.state.value,
        "CreationTime": connection.created_ms,
        "LastModifiedTime": connection.modified_ms,
    }
    if connection.authorized_ms is not None:
        shown["LastAuthorizedTime"] = connection.authorized_ms
    return shown
