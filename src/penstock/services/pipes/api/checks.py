"""What a pipe may say, and whether its role may do it."""

from collections.abc import Mapping
from typing import Any

from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.matching.json_path import JsonPath
from penstock.matching.pattern_error import PatternError
from penstock.server import Call, Params
from penstock.services.filter_criteria import FilterCriteria
from penstock.services.pipes.arns import PipeKey
from penstock.services.pipes.errors import not_implemented, validation
from penstock.services.pipes.pipe.pipe import SERVICE, Pipe
from penstock.services.pipes.running.feed import kind_of_source, source_settings
from penstock.services.pipes.running.target import is_destination, kind_of
from penstock.services.pipes.running.template import Template
from penstock.services.pipes.state import PipesState
from penstock.services.reader_role import ReaderRole

_FUNCTION = ("lambda", "function:")


def check_pipe(pipes: PipesState, pipe: Pipe) -> None:
    """Returns when a pipe may say so; AwsError ``ValidationException`` or ``NotImplemented``."""
    settings = pipe.settings
    _check_place(pipe.key, "source", pipe.source)
    kind_of_source(pipes.parts.sources, pipe.source)
    _check_enrichment(pipe)
    _check_target(pipe)
    parameters = settings.get("SourceParameters") or {}
    source_settings(pipes.parts.sources, pipe, parameters)
    try:
        FilterCriteria(parameters.get("FilterCriteria"))
    except PatternError as error:
        raise validation(f"Event pattern is not valid. Reason: {error}") from None
    for member in ("EnrichmentParameters", "TargetParameters"):
        _check_template(settings.get(member) or {})
    _check_lacking(settings)


async def check_role(pipes: PipesState, call: Call, pipe: Pipe) -> None:
    """Returns when the caller may pass the role on, it lets Pipes in, and may read the source; AwsError."""
    role = Arn.parse(pipe.role)
    if role.account != call.account:
        raise validation("Cross-account pass role is not allowed.")
    await call.authorize("iam:PassRole", pipe.role, {"iam:PassedToService": SERVICE})
    try:
        await ReaderRole(pipes.parts).principal(pipe)
    except AwsError:
        raise validation(f"The role {pipe.role} cannot be assumed by EventBridge Pipes.") from None
    try:
        await kind_of_source(pipes.parts.sources, pipe.source).check(call, pipe, pipe.source)
    except AwsError as error:
        raise validation(error.message) from None


def _check_place(key: PipeKey, what: str, text: str) -> Arn:
    try:
        found = Arn.parse(text)
    except ValueError:
        raise not_implemented(f"A {what} like {text} is") from None
    if (found.account, found.region) != (key.account, key.region):
        raise validation(f"The {what} {text} must be in the pipe's account and region.")
    return found


def _check_enrichment(pipe: Pipe) -> None:
    if not pipe.enrichment:
        return
    found = _check_place(pipe.key, "enrichment", pipe.enrichment)
    http = (pipe.settings.get("EnrichmentParameters") or {}).get("HttpParameters") or {}
    if is_destination(found):
        _check_http(http)
        return
    if found.service != _FUNCTION[0] or not found.resource.startswith(_FUNCTION[1]):
        raise not_implemented(f"Enrichments like {pipe.enrichment} are")
    if http:
        raise validation("HttpParameters can't be provided for a function.")


def _check_target(pipe: Pipe) -> None:
    found = _check_place(pipe.key, "target", pipe.target)
    kind = kind_of(found)
    if kind is None:
        raise not_implemented(f"Targets like {pipe.target} are")
    given = dict(pipe.settings.get("TargetParameters") or {})
    given.pop("InputTemplate", None)
    for member, value in given.items():
        if value is not None and member != kind.parameters:
            raise validation(f"{member} can't be provided for the target {pipe.target}.")
    own = given.get(kind.parameters) or {}
    if is_destination(found):
        _check_http(own)
        return
    _check_paths(own)
    if found.service == "logs" and not own.get("LogStreamName"):
        raise validation("A LogStreamName must be provided for a log group.")
    if found.resource.endswith(".fifo"):
        if found.service == "sns":
            raise validation("FIFO topics are not supported as targets.")
        if not own.get("MessageGroupId"):
            raise validation("A MessageGroupId must be provided for FIFO queues.")
    if own.get("EndpointId"):
        raise not_implemented("Global endpoints are")


def _check_http(http: Mapping[str, Any]) -> None:
    for value in http.values():
        _check_paths({"": list(value.values()) if isinstance(value, dict) else value})


def _check_paths(own: Mapping[str, Any]) -> None:
    for value in own.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.startswith("$"):
                _compile(JsonPath, text)


def _check_template(parameters: Mapping[str, Any]) -> None:
    if text := parameters.get("InputTemplate"):
        _compile(Template, text)


def _compile(made: type[JsonPath] | type[Template], text: str) -> None:
    try:
        made(text)
    except ValueError as error:
        raise validation(f"Invalid input template or path. Reason: {error}.") from None


def _check_lacking(settings: Params) -> None:
    log = settings.get("LogConfiguration") or {}
    if log and log.get("Level") != "OFF":
        raise not_implemented("Logs of pipes are")
    if settings.get("KmsKeyIdentifier"):
        raise not_implemented("KMS keys of pipes are")
