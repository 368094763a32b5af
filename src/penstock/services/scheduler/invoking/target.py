"""What the target of a schedule may be."""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.delivery import Delivery
from penstock.server import Caller
from penstock.services.scheduler.arns import DEFAULT, ScheduleKey
from penstock.services.scheduler.errors import not_implemented, validation
from penstock.services.scheduler.invoking.firing import Firing, filled
from penstock.services.scheduler.invoking.kind import ApiAction, Kind, api_action, kind_of
from penstock.services.scheduler.limits import MAX_INPUT_BYTES

_LACKING = (
    "EcsParameters",
    "KinesisParameters",
    "SageMakerPipelineParameters",
    "EventBridgePutEventsV2Parameters",
    "EventBridgePutRawEventsParameters",
)
# What only reads is no target. Source: the page about universal targets.
_READING = (
    "get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup", "discover",
    "validate", "batchget", "batchdescribe", "batchread", "transactget", "adminget", "adminlist", "testmigration",
    "retrieve", "testconnection", "translatedocument", "isauthorized", "invokemodel",
)  # fmt: skip
_SAMPLE = Firing(ScheduleKey("0", "r", DEFAULT, "s"), {}, 0, "0" * 16)


def check_target(caller: Caller, delivery: Delivery, target: Mapping[str, Any]) -> None:
    """Returns when the target may be one; AwsError ``ValidationException`` or ``NotImplemented``."""
    for member in _LACKING:
        if target.get(member):
            raise not_implemented(f"{member} of a target is")
    kind = kind_of(target["Arn"])
    if kind is None or (kind is not Kind.UNIVERSAL and not delivery.serves(target["Arn"])):
        raise _unknown(target["Arn"])
    _check_parameters(kind, target)
    if kind is Kind.UNIVERSAL:
        _check_action(caller, api_action(target["Arn"]), target)
    _check_input(kind, target)


def _unknown(arn: str) -> Exception:
    if not arn.startswith("arn:") or arn.count(":") < 5:
        return validation(f"Provided Arn is not in correct format: {arn}.")
    return not_implemented(f"Targets like {arn} are")


def _check_parameters(kind: Kind, target: Mapping[str, Any]) -> None:
    arn, bus = target["Arn"], target.get("EventBridgeParameters")
    if (bus is not None) is not (kind is Kind.BUS):
        must = "must be provided for" if kind is Kind.BUS else "can't be provided for"
        raise validation(f"EventBridgeParameters {must} the target {arn}.")
    if bus is not None and bus["Source"].startswith("$"):
        raise not_implemented("Paths as Source of an event are")
    queue = target.get("SqsParameters")
    if queue is not None and kind is not Kind.SQS:
        raise validation(f"SqsParameters can't be provided for the target {arn}.")
    if kind is Kind.SQS and arn.endswith(".fifo") and not (queue or {}).get("MessageGroupId"):
        raise validation("A MessageGroupId must be provided for FIFO queues.")
    if kind is Kind.SNS and arn.endswith(".fifo"):
        raise validation("FIFO topics are not supported as templated targets.")


def _check_action(caller: Caller, action: ApiAction, target: Mapping[str, Any]) -> None:
    if action.action.lower().startswith(_READING):
        raise validation(f"The action {action.action} of {action.service} only reads and can't be a target.")
    callee = caller.find(*action)
    if callee is None:
        raise not_implemented(f"The action {action.action} of {action.service} as a target is")
    found = _json(target.get("Input", "{}"))
    try:
        callee.read(found)
    except (ValueError, RecursionError) as error:
        raise validation(f"Invalid RequestJson provided. Reason {error}.") from None


def _check_input(kind: Kind, target: Mapping[str, Any]) -> None:
    text = target.get("Input")
    if text is None:
        return
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise validation(f"The Input must not be longer than {MAX_INPUT_BYTES} bytes.")
    if kind.wants_json:
        found = _json(text)
        if kind is not Kind.LAMBDA and not isinstance(found, dict):
            raise validation("The Input must be a JSON object.")


def _json(text: str) -> Any:
    try:
        return orjson.loads(filled(text, _SAMPLE, 1))
    except (ValueError, RecursionError):
        raise validation("The Input must be well-formed JSON.") from None
