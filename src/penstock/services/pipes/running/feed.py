"""A pipe's source in the words of event source mappings, for they are read in the same way.

Source: https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceParameters.html
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.services.pipes.errors import not_implemented, validation
from penstock.services.pipes.pipe.pipe import Pipe
from penstock.services.pipes.running.target import is_destination, kind_of
from penstock.services.source import SourceKind

_MEMBERS = {"sqs": "SqsQueueParameters", "dynamodb": "DynamoDBStreamParameters"}
_SAME = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
)


class PipeFeed(NamedTuple):
    """What a source is opened for."""

    uuid: str
    source_arn: str
    settings: Mapping[str, Any]


def kind_of_source(kinds: Mapping[str, SourceKind], source: str) -> SourceKind:
    """Returns the kind of source that the ARN names; AwsError when there is none here."""
    try:
        service = Arn.parse(source).service
    except ValueError:
        service = source.partition(":")[0]
    if service not in kinds or service not in _MEMBERS:
        raise not_implemented(f"Pipes from {source} are")
    return kinds[service]


def source_settings(
    kinds: Mapping[str, SourceKind], pipe: Pipe, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns what the source is read with; AwsError when it cannot be so."""
    source, target = pipe.source, f"the target {pipe.target}"
    kind, member = kind_of_source(kinds, source), _MEMBERS[Arn.parse(source).service]
    for other in parameters:
        if other not in (member, "FilterCriteria"):
            raise validation(f"{other} can't be provided for the source {source}.")
    given = parameters.get(member) or {}
    try:
        settings = kind.settings({}, _mapped(given), source)
    except AwsError as error:
        raise validation(error.message) from None
    found = kind_of(Arn.parse(pipe.target))
    most = found.most if found else 1
    if pipe.enrichment and is_destination(Arn.parse(pipe.enrichment)):
        target, most = f"the enrichment {pipe.enrichment}", 1
    if settings["BatchSize"] > most:
        if "BatchSize" in given:
            raise validation(f"The BatchSize must not be more than {most} for {target}.")
        settings["BatchSize"] = most
    return settings


def _mapped(given: Mapping[str, Any]) -> dict[str, Any]:
    mapped = {name: given[name] for name in _SAME if given.get(name) is not None}
    mapped["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if given.get("OnPartialBatchItemFailure") == "AUTOMATIC_BISECT":
        mapped["BisectBatchOnFunctionError"] = True
    if arn := (given.get("DeadLetterConfig") or {}).get("Arn"):
        mapped["DestinationConfig"] = {"OnFailure": {"Destination": arn}}
    return mapped
