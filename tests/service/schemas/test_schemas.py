"""The schema registry, against a real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import bus_arn, put_event
from tests.kit.functions import client
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

OPENAPI = json.dumps({"openapi": "3.0.0", "components": {"schemas": {"Thing": {"type": "object"}}}})
NAMES = {"RegistryName": "mine", "SchemaName": "thing"}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        running.client("schemas").create_registry(RegistryName="mine", Description="ours", Tags={"a": "1"})
        yield running


@pytest.fixture
def schemas(server: LocalServer) -> Any:
    return client(server, "schemas")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_registry_is_there_until_it_is_deleted(schemas: Any) -> None:
    made = schemas.create_registry(RegistryName="short")
    assert made["RegistryArn"] == f"arn:aws:schemas:us-east-1:{ACCOUNT}:registry/short"
    with pytest.raises(ClientError) as error:
        schemas.create_registry(RegistryName="short")
    assert code(error) == "ConflictException"
    schemas.update_registry(RegistryName="short", Description="new")
    assert schemas.describe_registry(RegistryName="short")["Description"] == "new"
    assert "short" in [one["RegistryName"] for one in schemas.list_registries()["Registries"]]
    schemas.delete_registry(RegistryName="short")
    with pytest.raises(ClientError) as error:
        schemas.describe_registry(RegistryName="short")
    assert code(error) == "NotFoundException"


def test_a_schema_keeps_each_of_its_versions(schemas: Any) -> None:
    first = schemas.create_schema(**NAMES, Type="OpenApi3", Content=OPENAPI, Description="one")
    assert (first["SchemaVersion"], first["Description"]) == ("1", "one")
    newer = OPENAPI.replace("Thing", "Other")
    assert schemas.update_schema(**NAMES, Content=newer, Type="OpenApi3")["SchemaVersion"] == "2"
    assert schemas.describe_schema(**NAMES)["Content"] == newer
    assert schemas.describe_schema(**NAMES, SchemaVersion="1")["Content"] == OPENAPI
    pages = schemas.get_paginator("list_schema_versions").paginate(**NAMES, PaginationConfig={"PageSize": 1})
    assert [one["SchemaVersion"] for page in pages for one in page["SchemaVersions"]] == ["2", "1"]
    assert schemas.list_schemas(RegistryName="mine")["Schemas"][0]["VersionCount"] == 2
    assert (
        schemas.search_schemas(RegistryName="mine", Keywords="OTHER")["Schemas"][0]["SchemaName"] == "thing"
    )
    assert schemas.search_schemas(RegistryName="mine", Keywords="nowhere")["Schemas"] == []
    exported = schemas.export_schema(**NAMES, Type="JSONSchemaDraft4")
    assert json.loads(exported["Content"])["title"] == "Other"
    with pytest.raises(ClientError) as error:
        schemas.delete_registry(RegistryName="mine")
    assert code(error) == "BadRequestException"
    schemas.delete_schema_version(**NAMES, SchemaVersion="1")
    with pytest.raises(ClientError) as error:
        schemas.describe_schema(**NAMES, SchemaVersion="1")
    assert code(error) == "NotFoundException"
    schemas.delete_schema(**NAMES)
    assert schemas.list_schemas(RegistryName="mine")["Schemas"] == []


@pytest.mark.parametrize("content", ["no JSON", "[]", "{}", "[" * 3000, '{"openapi": 3}'])
def test_what_is_no_document_is_refused(schemas: Any, content: str) -> None:
    with pytest.raises(ClientError) as error:
        schemas.create_schema(RegistryName="mine", SchemaName="bad", Type="OpenApi3", Content=content)
    assert code(error) == "BadRequestException"


def test_tags_come_and_go(schemas: Any) -> None:
    arn = f"arn:aws:schemas:us-east-1:{ACCOUNT}:registry/mine"
    schemas.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    schemas.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert schemas.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_schema_is_found_out_from_samples(schemas: Any) -> None:
    events = [json.dumps({"n": 1, "word": "a"}), json.dumps({"n": 2})]
    found = json.loads(schemas.get_discovered_schema(Type="OpenApi3", Events=events)["Content"])
    assert found["components"]["schemas"]["Event"]["required"] == ["n"]
    draft4 = schemas.get_discovered_schema(Type="JSONSchemaDraft4", Events=events)["Content"]
    assert json.loads(draft4)["properties"]["n"] == {"type": "number"}


def test_a_discoverer_makes_versions_of_what_passes_and_names_what_breaks(server: LocalServer) -> None:
    schemas = client(server, "schemas")
    client(server, "events").create_event_bus(Name="shop")
    made = schemas.create_discoverer(SourceArn=bus_arn("shop"), Tags={"team": "red"})
    assert made["State"] == "STARTED"
    with pytest.raises(ClientError) as error:
        schemas.create_discoverer(SourceArn=bus_arn("shop"))
    assert code(error) == "ConflictException"

    def pass_by(detail: Any) -> None:
        put_event(server, "my.shop", detail, EventBusName="shop", DetailType="Order Placed")
        server.settle()

    name = {"RegistryName": "discovered-schemas", "SchemaName": "my.shop@OrderPlaced"}
    pass_by({"id": "a", "price": 1})
    pass_by({"id": "b", "price": 2})
    first = schemas.describe_schema(**name)
    assert (first["SchemaVersion"], first["Description"]) == ("1", "")
    found = json.loads(first["Content"])["components"]["schemas"]
    assert found["AWSEvent"]["x-amazon-events-source"] == "my.shop"
    assert found["OrderPlaced"]["required"] == ["id", "price"]
    pass_by({"id": "c", "price": 3, "note": "new"})
    assert schemas.describe_schema(**name)["SchemaVersion"] == "2"
    pass_by({"id": "d", "price": "4"})
    third = schemas.describe_schema(**name)
    assert third["SchemaVersion"] == "3"
    assert third["Description"] == "Incompatible: detail.price is a string, was a number"
    schemas.stop_discoverer(DiscovererId=made["DiscovererId"])
    pass_by({"other": 1})
    assert schemas.describe_schema(**name)["SchemaVersion"] == "3"
    schemas.start_discoverer(DiscovererId=made["DiscovererId"])
    pass_by({"id": "e"})
    assert schemas.describe_schema(**name)["Description"] == "Incompatible: detail.price may be missing"
    schemas.delete_discoverer(DiscovererId=made["DiscovererId"])
    assert schemas.list_discoverers()["Discoverers"] == []
    assert client(server, "events").list_rules(EventBusName="shop")["Rules"] == []


def test_what_another_rule_brings_a_discoverer_does_not_stop_it(server: LocalServer) -> None:
    schemas, events = client(server, "schemas"), client(server, "events")
    made = schemas.create_discoverer(SourceArn=bus_arn())
    events.put_rule(Name="odd", EventPattern='{"source": ["odd"]}')
    targets = [
        {"Id": str(n), "Arn": made["DiscovererArn"], "Input": text}
        for n, text in enumerate(
            ("1", '"text"', '{"detail": 1}', '{"source": 1, "detail-type": 2, "detail": {}}')
        )
    ]
    events.put_targets(Rule="odd", Targets=targets)
    put_event(server, "odd", {"n": 1})
    server.settle()
    found = schemas.list_schemas(RegistryName="discovered-schemas", SchemaNamePrefix="odd")["Schemas"]
    assert [one["SchemaName"] for one in found] == ["odd@Test"]
    schemas.delete_discoverer(DiscovererId=made["DiscovererId"])


def test_what_is_not_here_is_refused_by_name(schemas: Any) -> None:
    with pytest.raises(ClientError) as error:
        schemas.describe_code_binding(**NAMES, Language="Python36")
    assert "code bindings" in str(error.value)
