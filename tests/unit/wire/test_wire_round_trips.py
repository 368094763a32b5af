"""botocore on the other end: what its clients send is understood, and what is answered is what they read."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_samples import (
    PROTOCOLS,
    TWINS,
    UNUSUAL_ANSWERS,
    Maker,
    read_by_botocore,
    sent_by_botocore,
)

from penstock.wire import Shape, codec, load_model

SERVICES = [*PROTOCOLS.items(), ("cloudwatch", "query"), ("cloudwatch", "json")]


def operations(service: str) -> list[str]:
    return [name for name in load_model(service).operations if name not in TWINS]


def check_request(service: str, protocol: str, name: str, maker: Maker) -> None:
    operation = load_model(service).operations[name]
    params = maker.structure(operation.input) if operation.input else {}
    wire = codec(load_model(service), protocol)
    request = sent_by_botocore(service, name, params, protocol)
    route = wire.route(request)
    assert route.operation.name == name
    parsed = wire.parse(route, request)
    assert comparable(without_http(parsed, params)) == comparable(params), request


def check_answer(service: str, protocol: str, name: str, maker: Maker) -> None:
    operation = load_model(service).operations[name]
    if operation.output is None or has_streams(operation.output) or name in UNUSUAL_ANSWERS:
        return
    result = maker.structure(operation.output)
    response = codec(load_model(service), protocol).serialize(operation, result, "request-1")
    parsed = read_by_botocore(service, name, response, protocol)
    if "Expires" in result:
        # To S3 it is whatever text was put; only the client makes a date of it.
        parsed["Expires"] = result["Expires"]
    if operation.output.payload is not None and operation.output.payload.shape.type == "blob":
        payload = parsed.pop(operation.output.payload.name, "")
        parsed |= {operation.output.payload.name: payload.encode()} if payload else {}
    assert comparable(without_http(parsed, result)) == comparable(result), response


@pytest.mark.parametrize(("service", "protocol"), SERVICES)
def test_every_operation_with_every_parameter_is_understood(service: str, protocol: str) -> None:
    for seed, name in enumerate(operations(service)):
        check_request(service, protocol, name, Maker(seed, full=True, protocol=protocol))


@pytest.mark.parametrize(("service", "protocol"), SERVICES)
def test_every_answer_with_every_member_is_read_back(service: str, protocol: str) -> None:
    for seed, name in enumerate(operations(service)):
        check_answer(service, protocol, name, Maker(seed, full=True, protocol=protocol))


@pytest.mark.parametrize(("service", "protocol"), SERVICES)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.data())
def test_some_parameters_of_some_operation_survive_both_ways(
    service: str, protocol: str, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(operations(service)))
    maker = Maker(data.draw(st.integers(0, 2**32)), full=False, protocol=protocol)
    check_request(service, protocol, name, maker)
    check_answer(service, protocol, name, maker)


def without_http(found: dict[str, Any], meant: dict[str, Any]) -> dict[str, Any]:
    """Returns ``found`` without what every HTTP message says of its body."""
    return {k: v for k, v in found.items() if k in meant or k not in ("ContentLength", "ContentType")}


def has_streams(shape: Shape) -> bool:
    return any(member.shape.raw.get("eventstream") for member in shape.members.values())


def comparable(value: Any) -> Any:
    """Returns ``value`` without empty structures, which forms cannot show, and JSON bodies show for nothing."""
    if isinstance(value, dict):
        return {key: found for key, item in value.items() if (found := comparable(item)) != {}}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return value.timestamp() if isinstance(value, datetime) else value
