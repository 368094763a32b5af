"""CreateDiscoverer and its like. A discoverer that is started has a rule on its bus, which brings it every event."""

from typing import Any

import orjson

from penstock.access import Principal
from penstock.arn import Arn
from penstock.server import Call, Params, operation
from penstock.services.schemas.api.pages import page_after, page_of
from penstock.services.schemas.api.tags import checked_tags, requested_tags
from penstock.services.schemas.arns import Place, asked_discoverer, every_discoverer, place_of
from penstock.services.schemas.errors import bad_request, exists
from penstock.services.schemas.records import (
    Discoverer,
    bounds,
    discoverer_of,
    document,
    get_discoverer,
    put_discoverer,
)
from penstock.services.schemas.state import SchemasState
from penstock.store import ReadTx, Tx, queries

Q = queries("penstock.services.schemas")

_STARTED, _STOPPED = "STARTED", "STOPPED"
_BUS = "event-bus/"


@operation("CreateDiscoverer", action="schemas:CreateDiscoverer", context=requested_tags)
async def create_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the new discoverer, which looks at what is put on its bus from now on."""
    place, source = place_of(call), _bus(call, params["SourceArn"])
    await _call(schemas, place, "DescribeEventBus", Name=source)
    tags = checked_tags({}, params.get("Tags") or {})
    made = await schemas.store.write(_create, schemas, place, params, tags)
    await _listen(schemas, place, made)
    return made.shown(place)


@operation("UpdateDiscoverer", action="schemas:UpdateDiscoverer", resource=asked_discoverer)
async def update_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the discoverer as it is now."""
    place = place_of(call)
    found = await schemas.store.write(_update, place, params)
    if found.state == _STARTED:
        await _listen(schemas, place, found)
    return found.shown(place)


@operation("DescribeDiscoverer", action="schemas:DescribeDiscoverer", resource=asked_discoverer)
async def describe_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the discoverer."""
    place = place_of(call)
    return (await schemas.store.read(get_discoverer, place, params["DiscovererId"])).shown(place)


@operation("DeleteDiscoverer", action="schemas:DeleteDiscoverer", resource=asked_discoverer)
async def delete_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns when the discoverer and its rule are gone; what it has found out stays."""
    place = place_of(call)
    found = await schemas.store.read(get_discoverer, place, params["DiscovererId"])
    await _unlisten(schemas, place, found)
    await schemas.store.write(_delete, place, found.name)
    return {}


@operation("StartDiscoverer", action="schemas:StartDiscoverer", resource=asked_discoverer)
async def start_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the discoverer, which looks at events."""
    place = place_of(call)
    found = await schemas.store.write(_set, place, params["DiscovererId"], _STARTED)
    await _listen(schemas, place, found)
    return {"DiscovererId": found.name, "State": _STARTED}


@operation("StopDiscoverer", action="schemas:StopDiscoverer", resource=asked_discoverer)
async def stop_discoverer(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the discoverer, which looks at no events any more."""
    place = place_of(call)
    found = await schemas.store.write(_set, place, params["DiscovererId"], _STOPPED)
    await _unlisten(schemas, place, found)
    return {"DiscovererId": found.name, "State": _STOPPED}


@operation("ListDiscoverers", action="schemas:ListDiscoverers", resource=every_discoverer)
async def list_discoverers(schemas: SchemasState, call: Call, params: Params) -> Params:
    """Returns the account's discoverers."""
    after, limit = page_after(params)
    prefix, source = params.get("DiscovererIdPrefix") or "", params.get("SourceArnPrefix") or ""
    place = place_of(call)
    found = await schemas.store.read(_list, place, after, prefix, limit)
    shown = [one.shown(place) for one in found]
    answer = page_of("Discoverers", shown, [one.name for one in found], limit)
    answer["Discoverers"] = [one for one in answer["Discoverers"] if one["SourceArn"].startswith(source)]
    for one in answer["Discoverers"]:
        del one["Description"]
    return answer


def _bus(call: Call, text: str) -> str:
    """Returns the name of the bus that the ARN says."""
    try:
        found = Arn.parse(text)
    except ValueError:
        raise bad_request(f"{text} is not the ARN of an event bus.") from None
    is_bus = found.service == "events" and found.resource.startswith(_BUS)
    if not is_bus or (found.account, found.region) != (call.account, call.region):
        raise bad_request(f"{text} is not the ARN of an event bus of this account and region.")
    return found.resource.removeprefix(_BUS)


async def _listen(schemas: SchemasState, place: Place, found: Discoverer) -> None:
    bus = Arn.parse(found.source).resource.removeprefix(_BUS)
    about: dict[str, Any] = {} if found.cross_account else {"account": [place.account]}
    pattern = orjson.dumps({**about, "source": [{"prefix": ""}]}).decode()
    said = {"EventBusName": bus, "EventPattern": pattern, "Description": "Managed by schema discovery"}
    await _call(schemas, place, "PutRule", Name=_rule(found), **said)
    targets = [{"Id": "discoverer", "Arn": place.discoverer_arn(found.name)}]
    await _call(schemas, place, "PutTargets", Rule=_rule(found), EventBusName=bus, Targets=targets)


async def _unlisten(schemas: SchemasState, place: Place, found: Discoverer) -> None:
    bus, rule = Arn.parse(found.source).resource.removeprefix(_BUS), _rule(found)
    listed = await _call(schemas, place, "ListRules", EventBusName=bus, NamePrefix=rule)
    if listed.get("Rules"):
        await _call(schemas, place, "RemoveTargets", Rule=rule, EventBusName=bus, Ids=["discoverer"])
        await _call(schemas, place, "DeleteRule", Name=rule, EventBusName=bus)


def _rule(found: Discoverer) -> str:
    return f"Schemas-{found.name}"


async def _call(schemas: SchemasState, place: Place, operation: str, **params: Any) -> dict[str, Any]:
    principal = Principal.root(place.account)
    return await schemas.parts.call("events", operation, params, principal=principal, **place._asdict())


def _create(tx: Tx, schemas: SchemasState, place: Place, params: Params, tags: dict[str, str]) -> Discoverer:
    if tx.one(Q.find_discoverer_of, *place, params["SourceArn"]):
        raise exists("Discoverer", params["SourceArn"])
    name, said = tx.ids.uuid(), params.get("Description") or ""
    is_across = int(params.get("CrossAccount", True))
    columns = (name, params["SourceArn"], said, is_across, _STARTED, document(tags))
    tx.insert(Q.add_discoverer, *place, *columns)
    return get_discoverer(tx, place, name)


def _update(tx: Tx, place: Place, params: Params) -> Discoverer:
    old = get_discoverer(tx, place, params["DiscovererId"])
    new = old._replace(
        description=params.get("Description", old.description),
        cross_account=params.get("CrossAccount", old.cross_account),
    )
    put_discoverer(tx, new)
    return new


def _set(tx: Tx, place: Place, name: str, state: str) -> Discoverer:
    found = get_discoverer(tx, place, name)._replace(state=state)
    put_discoverer(tx, found)
    return found


def _delete(tx: Tx, place: Place, name: str) -> None:
    tx.run(Q.delete_discoverer, get_discoverer(tx, place, name).id)


def _list(tx: ReadTx, place: Place, after: str, prefix: str, limit: int) -> list[Discoverer]:
    rows = tx.all(Q.find_discoverers, *place, *bounds(after, prefix, limit))
    return [discoverer_of(row) for row in rows]
