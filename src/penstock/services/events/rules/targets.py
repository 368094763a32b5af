"""PutTargets, RemoveTargets, ListTargetsByRule."""

from collections.abc import Iterable
from typing import Any

from penstock.arn import Arn
from penstock.delivery import Delivery
from penstock.server import Call, Params, operation, page_token
from penstock.services.events.arns import Key, bus_key, destination_of, is_bus
from penstock.services.events.errors import limit_exceeded, not_implemented, validation
from penstock.services.events.inputs.http_parameters import check_http_parameters
from penstock.services.events.inputs.input import checked_input
from penstock.services.events.limits import MAX_TARGETS
from penstock.services.events.paging import page_after
from penstock.services.events.rules.condition_keys import put_targets_keys
from penstock.services.events.rules.pass_role import check_pass_role
from penstock.services.events.rules.rule import asked_rule, get_rule
from penstock.services.events.rules.rule_set import forget_rule
from penstock.services.events.rules.target import read_settings, settings_document
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_INPUTS = ("Input", "InputPath", "InputTransformer")
_LACKING = (
    "KinesisParameters",
    "RunCommandParameters",
    "EcsParameters",
    "BatchParameters",
    "RedshiftDataParameters",
    "SageMakerPipelineParameters",
    "AppSyncParameters",
)


@operation("PutTargets", action="events:PutTargets", resource=asked_rule, context=put_targets_keys)
async def put_targets(events: EventsState, call: Call, params: Params) -> Params:
    """Adds targets to the rule, each in the place of that with its id: all of them, or none."""
    targets = params["Targets"]
    for target in targets:
        _check(events.delivery, target)
    for role in {target["RoleArn"]: None for target in targets if target.get("RoleArn")}:
        await check_pass_role(call, role)
    await events.store.write(_put, bus_key(call, params), params["Rule"], targets)
    return {"FailedEntryCount": 0, "FailedEntries": []}


@operation("RemoveTargets", action="events:RemoveTargets", resource=asked_rule)
async def remove_targets(events: EventsState, call: Call, params: Params) -> Params:
    """Takes targets from the rule, and says which were not there."""
    missing = await events.store.write(_remove, bus_key(call, params), params["Rule"], params["Ids"])
    failed = [_not_there(id, params["Rule"]) for id in missing]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@operation("ListTargetsByRule", action="events:ListTargetsByRule", resource=asked_rule)
async def list_targets_by_rule(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the rule's targets by id."""
    after, limit = page_after(params)
    found = await events.store.read(_list, bus_key(call, params), params["Rule"])
    wanted = [target for target in found if target["Id"] > after]
    answer: Params = {"Targets": wanted[:limit]}
    if len(wanted) > limit:
        answer["NextToken"] = page_token(wanted[limit - 1]["Id"])
    return answer


def _check(delivery: Delivery, target: Params) -> None:
    try:
        parts = Arn.parse(target["Arn"])
    except ValueError:
        reason = "Provided Arn is not in correct format."
        raise validation(f"Parameter {target['Arn']} is not valid. Reason: {reason}") from None
    for member in _LACKING:
        if member in target:
            raise not_implemented(f"{member} of a target is")
    is_outside = destination_of(target["Arn"]) is not None
    is_place = is_outside or is_bus(target["Arn"])
    if not delivery.serves(target["Arn"]) or (parts.service == "events" and not is_place):
        raise not_implemented(f"Targets like {target['Arn']} are")
    _check_queue(target)
    _check_http(target, is_outside)
    if parts.service == "sns" and target["Arn"].endswith(".fifo"):
        raise validation(f"FIFO SNS topics are not supported as a target: {target['Arn']}.")
    if is_bus(target["Arn"]) and any(member in target for member in _INPUTS):
        raise validation(f"Modifying the input for target {target['Id']} is not supported.")
    checked_input(target)


def _check_http(target: Params, is_outside: bool) -> None:
    if is_outside and not target.get("RoleArn"):
        raise validation(f"RoleArn is required for target {target['Arn']}.")
    if "HttpParameters" in target and not is_outside:
        raise validation(f"Parameter(s) HttpParameters not valid for target {target['Arn']}.")
    check_http_parameters(target)


def _check_queue(target: Params) -> None:
    has_group = bool((target.get("SqsParameters") or {}).get("MessageGroupId"))
    if target["Arn"].endswith(".fifo") and ":sqs:" in target["Arn"] and not has_group:
        raise validation(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")
    dead_letter = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letter is not None and (":sqs:" not in dead_letter or dead_letter.endswith(".fifo")):
        raise validation(
            f"Parameter DeadLetterConfig.Arn of target {target['Id']} is not the ARN of a standard queue."
        )


def _put(tx: Tx, bus: Key, name: str, targets: list[Params]) -> None:
    rule = get_rule(tx, bus, name)
    for target in targets:
        settings = settings_document(target)
        tx.run(Q.put_target, rule.id, target["Id"], target["Arn"], settings, tx.now_ms)
    if len(tx.all(Q.find_targets, rule.id)) > MAX_TARGETS:
        raise limit_exceeded()
    forget_rule(tx, bus, rule.id)


def _remove(tx: Tx, bus: Key, name: str, ids: Iterable[str]) -> list[str]:
    rule = get_rule(tx, bus, name)
    forget_rule(tx, bus, rule.id)
    return [id for id in ids if not tx.run(Q.delete_target, rule.id, id)]


def _list(tx: ReadTx, bus: Key, name: str) -> list[dict[str, Any]]:
    rule = get_rule(tx, bus, name)
    return [read_settings(text) for _, text in tx.all(Q.find_targets, rule.id)]


def _not_there(id: str, rule: str) -> Params:
    message = f"Rule {rule} does not have a target with the Id {id}."
    return {"TargetId": id, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": message}
