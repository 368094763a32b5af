"""What a subscriber may say, and what of it this server has not."""

from collections.abc import Mapping
from typing import Any, Final

from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.services.events.custom.errors import invalid, not_implemented
from penstock.services.events.custom.expression import check_expression
from penstock.services.events.rules.pattern import checked_pattern

Settings = Mapping[str, Any]

PARAMETERS: Final = {"sqs": "SqsParameters", "sns": "SnsParameters", "lambda": "LambdaParameters"}
"""The member that says more of a target, by the service in its ARN."""

_SERVED: Final = {
    "sqs": ("MessageGroupId", "MessageDeduplicationId", "MessageAttributes"),
    "sns": ("MessageGroupId", "MessageDeduplicationId", "Subject", "MessageAttributes"),
    "lambda": ("InvocationType", "Qualifier"),
}


def check_settings(settings: Settings) -> None:
    """Returns when a subscriber can be so; AwsError."""
    invoke = settings["InvokeConfiguration"]
    service = _service(invoke["TargetArn"])
    if service not in PARAMETERS:
        raise not_implemented(f"Targets of {service or invoke['TargetArn']} are")
    _check_parameters(invoke, service)
    _check_filters(settings.get("FilterConfiguration") or {})
    if (settings.get("Transformer") or {}).get("Type") == "JSONATA":
        raise not_implemented("JSONata transformers are")
    if (settings.get("LogConfiguration") or {}).get("Level", "OFF") != "OFF":
        raise not_implemented("Logs of subscribers are")


def _service(arn: str) -> str | None:
    try:
        return Arn.parse(arn).service
    except ValueError:
        raise invalid(f"{arn} is not an ARN.") from None


def _check_parameters(invoke: Settings, service: str) -> None:
    for member in set(invoke) - {"RoleArn", "TargetArn", PARAMETERS[service]}:
        if invoke[member] is not None:
            raise invalid(f"{member} does not go with the target {invoke['TargetArn']}.")
    given = invoke.get(PARAMETERS[service]) or {}
    for member, value in given.items():
        if value is not None and member not in _SERVED[service]:
            raise not_implemented(f"{PARAMETERS[service]}.{member} is")
        if isinstance(value, str):
            check_expression(value)
    if given.get("InvocationType") == "REQUEST_RESPONSE":
        raise not_implemented("InvocationType REQUEST_RESPONSE is")
    for name, attribute in (given.get("MessageAttributes") or {}).items():
        if not attribute.get("DataType") or not attribute.get("StringValue"):
            raise not_implemented(f"The message attribute {name[:100]} without DataType and StringValue is")
        for text in (name, attribute["DataType"], attribute["StringValue"]):
            check_expression(text)


def _check_filters(configuration: Settings) -> None:
    filters = configuration.get("Filters") or ()
    if configuration and not filters:
        raise invalid("FilterConfiguration must have at least one filter.")
    scopes = [one["Scope"] for one in filters]
    if len(set(scopes)) < len(scopes):
        raise invalid("There can be one filter for each scope.")
    for one in filters:
        try:
            checked_pattern(one["Pattern"])
        except AwsError as wrong:
            raise invalid(wrong.message) from None
