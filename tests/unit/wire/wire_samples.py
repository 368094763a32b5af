"""Parameters and results made from service models, and botocore's own codec to put them on the wire and back."""

import random
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotocoreModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from penstock.wire import Member, Shape, WireRequest, WireResponse, load_model

PROTOCOLS = {
    "s3": "rest-xml",
    "lambda": "rest-json",
    "sqs": "json",
    "logs": "json",
    "dynamodb": "json",
    "iam": "query",
    "sts": "query",
    "sns": "query",
    "cloudwatch": "smithy-rpc-v2-cbor",
}

# Two names for one request: the newer name is the one that is meant.
TWINS = {
    "GetBucketLifecycle",
    "PutBucketLifecycle",
    "GetBucketNotification",
    "PutBucketNotification",
    "ListDirectoryBuckets",
    "PostObject",  # only browsers send it
}

# Answers that botocore's clients finish outside the parser.
UNUSUAL_ANSWERS = {"GetBucketLocation"}

_NAME = "abcdefghijklmnopqrstuvwxyz"
_TEXT = _NAME + "ABCXYZ0189 _-+/%&<>\"'=?#.,:;é日\t\U0001f30a"


@cache
def botocore_model(service: str) -> BotocoreModel:
    return BotocoreModel(Loader().load_service_model(service, "service-2"), service)


class Maker:
    """Makes values for shapes from a seed: every member (``full``), or some of them and all that are required."""

    def __init__(self, seed: int, *, full: bool, protocol: str) -> None:
        self._random = random.Random(seed)
        self._full = full
        self._protocol = protocol

    def structure(self, shape: Shape, depth: int = 0) -> dict[str, Any]:
        names = [name for name, member in shape.members.items() if self._possible(member)]
        if shape.raw.get("union"):
            names = [self._random.choice(names)]
        elif not self._full:
            chosen = {name for name in names if self._random.random() < 0.4} | {*names[:1]}
            names = [name for name in names if name in chosen or name in shape.required]
        if depth > 3:
            names = [n for n in names if n in shape.required or not _nested(shape.members[n].shape)] or names[
                :1
            ]
        return {name: self.value(shape.members[name], depth + 1) for name in names}

    def value(self, member: Member, depth: int) -> Any:
        shape = member.shape
        match shape.type:
            case "structure":
                return self.structure(shape, depth)
            case "list":
                count = 1 if depth > 3 else self._random.randint(1, 2)
                return [self.value(shape.member, depth + 1) for _ in range(count)]
            case "map":
                if member.location == "headers":
                    return {self._word(): self._word()}
                return {
                    self._word(): self.value(shape.value, depth + 1) for _ in range(1 if depth > 3 else 2)
                }
            case "string":
                return self._string(member)
            case "boolean":
                return self._random.random() < 0.5
            case "integer":
                return self._integer(member)
            case "long":
                return self._random.randint(0, 2**53)
            case "float" | "double":
                return self._random.choice([0.5, 1e-7, 3.25, -2.0, 1e20])
            case "blob":
                # botocore decodes a whole body that is a blob as text.
                most = 128 if depth == 1 else 256
                return bytes(self._random.randrange(most) for _ in range(self._random.randint(1, 9)))
            case "timestamp":
                return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self._random.randrange(10**8))
        raise AssertionError(shape.type)

    def _possible(self, member: Member) -> bool:
        return not member.streaming and member.shape.raw.get("eventstream") is None

    def _string(self, member: Member) -> str:
        if member.shape.name == "Expires":
            return "Wed, 21 Oct 2015 07:28:00 GMT"
        if member.location in ("header", "headers", "uri", "querystring"):
            return self._word()
        return "".join(self._random.choice(_TEXT) for _ in range(self._random.randint(1, 12))).strip() or "x"

    def _word(self) -> str:
        return "".join(self._random.choice(_NAME) for _ in range(self._random.randint(3, 8)))

    def _integer(self, member: Member) -> int:
        if member.location == "statusCode":
            return self._random.choice([200, 202])
        return self._random.randint(0, 2**31 - 1)


def sent_by_botocore(service: str, operation: str, params: dict[str, Any], protocol: str) -> WireRequest:
    """Returns the request that botocore would send, unsigned."""
    model = botocore_model(service).operation_model(operation)
    serialized = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    prepare_request_dict(serialized, endpoint_url="http://localhost:4566")
    prepared = create_request_object(serialized).prepare()
    url = urlsplit(prepared.url)
    headers = {k.lower(): v if isinstance(v, str) else v.decode() for k, v in prepared.headers.items()}
    body = prepared.body or b""
    body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    return WireRequest(prepared.method, url.path, url.query, headers, body)


def read_by_botocore(service: str, operation: str, response: WireResponse, protocol: str) -> dict[str, Any]:
    """Returns what botocore's parser makes of an answer, without its metadata."""
    model = botocore_model(service).operation_model(operation)
    headers = HeadersDict({name.decode(): value.decode("latin-1") for name, value in response.headers})
    assert isinstance(response.body, bytes)
    answer = {"status_code": response.status, "headers": headers, "body": response.body, "context": {}}
    parsed = create_parser(protocol).parse(answer, model.output_shape)
    parsed.pop("ResponseMetadata", None)
    shape = load_model(service).operations[operation].output
    return {name: value for name, value in parsed.items() if not _added(shape, name, value)}


def _added(shape: Shape | None, name: str, value: Any) -> bool:
    """Returns whether botocore puts in what the answer does not hold: streams, absent maps of headers."""
    member = shape.members[name] if shape else None
    return member is not None and (member.streaming or (member.location == "headers" and not value))


def _nested(shape: Shape) -> bool:
    return shape.type in ("structure", "list", "map")
