"""Where a pipe sends: each kind of target by its service's own operation, called as the pipe's role.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from penstock.arn import Arn
from penstock.delivery import Delivery, DestinationError, Question, Source
from penstock.errors import AwsError
from penstock.matching.json_path import NOTHING, JsonPath
from penstock.services.pipes.pipe.pipe import SERVICE, Pipe
from penstock.services.pipes.running.record import Unfit, as_json
from penstock.services.reader_role import ReaderRole
from penstock.services.source import Fed

_MAX_SHOWN = 256


class Parcel(NamedTuple):
    """One thing to be sent: ``event`` is what paths look into, ``text`` what goes."""

    event: Any
    text: bytes


class Sent(NamedTuple):
    """What became of parcels: which have failed, by their places, and why; and what a function answered."""

    failed: Mapping[int, str]
    answer: bytes | None = None


class Sender(NamedTuple):
    """Who sends: the pipe, in its role, with the trace to pass on."""

    role: ReaderRole
    pipe: Fed
    delivery: Delivery
    trace: str
    now_ms: int

    async def ask(self, arn: str, text: bytes, event: Any, http: Mapping[str, Any]) -> bytes:
        """Returns what an API destination answers; Unfit when it does not, or the role may not ask it."""
        source = Source.of_role(SERVICE, await self.role.principal(self.pipe), self.pipe.arn)
        question = Question(text, event if isinstance(event, dict) else {}, http)
        try:
            return await self.delivery.target(arn).ask(arn, source, question)
        except DestinationError as failed:
            raise Unfit(str(failed)) from None

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Returns the operation's answer; AwsError."""
        return await self.role.call(self.pipe, service, operation, params, trace=self.trace)


Send = Callable[[Sender, Pipe, Sequence[Parcel]], Awaitable[Sent]]


class Kind(NamedTuple):
    """A kind of target: how it is sent to, which member of TargetParameters is its own, how many it takes at once."""

    send: Send
    parameters: str
    most: int


async def invoke(sender: Sender, arn: str, texts: Sequence[bytes], kind: str) -> bytes:
    """Returns what the function answers to an array of the texts; AwsError, Unfit when the function has failed."""
    parts = [_fragment(text) for text in texts]
    params = {"FunctionName": arn, "InvocationType": kind, "Payload": orjson.dumps(parts)}
    answer = await sender.call("lambda", "Invoke", params)
    payload = await _payload(answer.get("Payload"))
    if answer.get("FunctionError"):
        raise Unfit(f"{arn} failed: {payload[:_MAX_SHOWN].decode('utf-8', 'replace')}")
    return payload


def _fragment(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")


async def _payload(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return b"".join([bytes(chunk) async for chunk in body])


async def _to_function(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    said = _parameters(pipe, "LambdaFunctionParameters").get("InvocationType")
    texts = [parcel.text for parcel in parcels]
    if said == "FIRE_AND_FORGET":
        await invoke(sender, pipe.target, texts, "Event")
        return Sent({})
    return Sent({}, await invoke(sender, pipe.target, texts, "RequestResponse"))


async def _to_queue(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    said, queue = _parameters(pipe, "SqsQueueParameters"), Arn.parse(pipe.target)
    entries: list[dict[str, Any]] = []
    for place, parcel in enumerate(parcels):
        entry = {"Id": str(place), "MessageBody": _text(parcel)}
        for member in ("MessageGroupId", "MessageDeduplicationId"):
            if member in said:
                entry[member] = found(said[member], parcel.event)
        entries.append(entry)
    params = {"QueueUrl": f"https://sqs/{queue.account}/{queue.resource}", "Entries": entries}
    return _by_id(await sender.call("sqs", "SendMessageBatch", params))


async def _to_topic(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    entries = [{"Id": str(place), "Message": _text(parcel)} for place, parcel in enumerate(parcels)]
    params = {"TopicArn": pipe.target, "PublishBatchRequestEntries": entries}
    return _by_id(await sender.call("sns", "PublishBatch", params))


async def _to_bus(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    said = {
        "Source": f"Pipe {pipe.name}",
        "DetailType": f"Event from aws:{Arn.parse(pipe.source).service}",
        **_parameters(pipe, "EventBridgeEventBusParameters"),
    }
    entries = [_entry(pipe, said, parcel) for parcel in parcels]
    answer = await sender.call("events", "PutEvents", {"Entries": entries})
    failed = {
        place: f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}"
        for place, entry in enumerate(answer["Entries"])
        if entry.get("ErrorCode")
    }
    return Sent(failed)


def _entry(pipe: Pipe, said: Mapping[str, Any], parcel: Parcel) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "EventBusName": pipe.target,
        "Source": found(said["Source"], parcel.event),
        "DetailType": found(said["DetailType"], parcel.event),
        "Detail": _text(parcel),
    }
    if resources := said.get("Resources"):
        entry["Resources"] = [found(text, parcel.event) for text in resources]
    if path := said.get("Time"):
        entry["Time"] = found(path, parcel.event)
    return entry


async def _to_destination(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    (parcel,) = parcels
    await sender.ask(pipe.target, parcel.text, parcel.event, _parameters(pipe, "HttpParameters"))
    return Sent({})


async def _to_log_group(sender: Sender, pipe: Pipe, parcels: Sequence[Parcel]) -> Sent:
    said = _parameters(pipe, "CloudWatchLogsParameters")
    group = Arn.parse(pipe.target).resource.removeprefix("log-group:").removesuffix(":*")
    by_stream: dict[str, list[tuple[int, Parcel]]] = {}
    for place, parcel in enumerate(parcels):
        by_stream.setdefault(found(said["LogStreamName"], parcel.event), []).append((place, parcel))
    failed: dict[int, str] = {}
    for stream, its in by_stream.items():
        failed |= await _to_stream(sender, group, stream, its, said.get("Timestamp"))
    return Sent(failed)


async def _to_stream(
    sender: Sender, group: str, stream: str, its: list[tuple[int, Parcel]], timestamp: str | None
) -> dict[int, str]:
    events: list[dict[str, Any]] = [
        {"timestamp": _moment(timestamp, parcel, sender.now_ms), "message": _text(parcel)}
        for _, parcel in its
    ]
    events.sort(key=itemgetter("timestamp"))
    params = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
    try:
        await sender.call("logs", "PutLogEvents", params)
    except AwsError as error:
        return {place: f"{error.code}: {error.message}" for place, _ in its}
    return {}


def _moment(path: str | None, parcel: Parcel, now_ms: int) -> int:
    text = found(path, parcel.event) if path else str(now_ms)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Unfit(f"{path} of a record is no time in milliseconds.")
    return int(text)


def found(said: str, event: Any) -> str:
    """Returns the constant, or what stands in the event at the path; Unfit when nothing does."""
    if not said.startswith("$"):
        return said
    value = JsonPath(said).find(event)
    if value is NOTHING or value is None:
        raise Unfit(f"A record has nothing at {said}.")
    return value if isinstance(value, str) else as_json(value).decode()


def _parameters(pipe: Pipe, member: str) -> dict[str, Any]:
    return dict((pipe.settings.get("TargetParameters") or {}).get(member) or {})


def _text(parcel: Parcel) -> str:
    return parcel.text.decode()


def _by_id(answer: Mapping[str, Any]) -> Sent:
    failed = answer.get("Failed") or []
    return Sent({int(one["Id"]): f"{one.get('Code')}: {one.get('Message', '')}" for one in failed})


_QUEUE = Kind(_to_queue, "SqsQueueParameters", 10)
_TOPIC = Kind(_to_topic, "", 10)
_FUNCTION = Kind(_to_function, "LambdaFunctionParameters", 10_000)
_BUS = Kind(_to_bus, "EventBridgeEventBusParameters", 10)
_LOG_GROUP = Kind(_to_log_group, "CloudWatchLogsParameters", 10_000)
_DESTINATION = Kind(_to_destination, "HttpParameters", 1)
_KINDS = {
    ("sqs", ""): _QUEUE,
    ("sns", ""): _TOPIC,
    ("lambda", "function:"): _FUNCTION,
    ("events", "event-bus/"): _BUS,
    ("events", "api-destination/"): _DESTINATION,
    ("logs", "log-group:"): _LOG_GROUP,
}


def is_destination(arn: Arn) -> bool:
    """Returns whether it is an API destination, which takes one record at a time."""
    return arn.service == "events" and arn.resource.startswith("api-destination/")


def kind_of(arn: Arn) -> Kind | None:
    """Returns the kind of target; None when there is no such kind here."""
    for (service, prefix), kind in _KINDS.items():
        if arn.service == service and arn.resource.startswith(prefix):
            return kind
    return None
