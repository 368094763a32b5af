"""What services do on the wire that their models do not say, by the model's name: the only place that knows one."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from penstock.wire.quirks import s3_names, sqs_names

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Quirks(NamedTuple):
    """``older_protocols`` are spoken besides the model's; ``type_namespace`` stands before an error's name in JSON.

    ``resource_path`` is what a path looks like that needs no signature to be the service's.
    ``answers_crc32``: each answer has the checksum of its body in ``x-amz-crc32``.
    ``server`` is the Server header of every answer. ``answer_headers`` are the headers of members that the answers of
    an operation have besides the model's, ``answer_status`` the statuses of operations, ``empty_is_none`` the query
    parameters that mean nothing when they are empty.
    ``operations`` and ``shapes`` are added to the model.
    The rest are names, texts and statuses where the model's are others or are missing.
    """

    older_protocols: tuple[str, ...] = ()
    namespace: str = ""
    type_namespace: str = ""
    resource_path: re.Pattern[str] | None = None
    error_names: Mapping[str, str] = _EMPTY
    error_codes: Mapping[str, str] = _EMPTY
    error_status: Mapping[str, int] = _EMPTY
    result_elements: Mapping[str, str] = _EMPTY
    argument_messages: Mapping[str, str] = _EMPTY
    answers_crc32: bool = False
    server: str = ""
    answer_headers: Mapping[str, Mapping[str, str]] = _EMPTY
    answer_status: Mapping[str, int] = _EMPTY
    empty_is_none: frozenset[str] = frozenset()
    operations: Mapping[str, Any] = _EMPTY
    shapes: Mapping[str, Any] = _EMPTY


_NONE = Quirks()
_OF = {
    "s3": Quirks(
        namespace=s3_names.NAMESPACE,
        result_elements=s3_names.RESULT_ELEMENTS,
        argument_messages=s3_names.ARGUMENT_MESSAGES,
        server="AmazonS3",
        answer_headers=s3_names.ANSWER_HEADERS,
        answer_status=s3_names.ANSWER_STATUS,
        empty_is_none=s3_names.EMPTY_IS_NONE,
        operations=s3_names.OPERATIONS,
        shapes=s3_names.SHAPES,
    ),
    "sqs": Quirks(
        older_protocols=("query", "query+json"),
        type_namespace="com.amazonaws.sqs#",
        resource_path=sqs_names.QUEUE_PATH,
        error_names=sqs_names.ERROR_NAMES,
        error_codes=sqs_names.ERROR_CODES,
        error_status=sqs_names.ERROR_STATUS,
    ),
    "dynamodb": Quirks(type_namespace="com.amazonaws.dynamodb.v20120810#", answers_crc32=True),
}


def quirks_of(model: str) -> Quirks:
    """Returns the quirks of the service with this model."""
    return _OF.get(model, _NONE)
