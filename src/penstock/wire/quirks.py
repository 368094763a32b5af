"""What services do on the wire that their models do not say, by the model's name: the only place that knows one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.wire import s3_names, sqs_names


@dataclass(frozen=True, slots=True)
class Quirks:
    """``older_protocols`` are spoken besides the model's; ``type_namespace`` stands before an error's name in JSON.

    The rest are names, texts and statuses where the model's are others or are missing.
    """

    older_protocols: tuple[str, ...] = ()
    namespace: str = ""
    type_namespace: str = ""
    error_codes: Mapping[str, str] = field(default_factory=dict)
    error_status: Mapping[str, int] = field(default_factory=dict)
    result_elements: Mapping[str, str] = field(default_factory=dict)
    argument_messages: Mapping[str, str] = field(default_factory=dict)


_NONE = Quirks()
_OF = {
    "s3": Quirks(
        namespace=s3_names.NAMESPACE,
        result_elements=s3_names.RESULT_ELEMENTS,
        argument_messages=s3_names.ARGUMENT_MESSAGES,
    ),
    "sqs": Quirks(
        older_protocols=("query",),
        type_namespace="com.amazonaws.sqs#",
        error_codes=sqs_names.ERROR_CODES,
        error_status=sqs_names.ERROR_STATUS,
    ),
    "dynamodb": Quirks(type_namespace="com.amazonaws.dynamodb.v20120810#"),
}


def quirks_of(model: str) -> Quirks:
    """Returns the quirks of the service with this model."""
    return _OF.get(model, _NONE)
