"""Dashboards are stored as they are put, and widgets are drawn."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client
from tests.kit.metrics import moment, put, refusal, still_server
from tests.kit.policies import ACCOUNT

from penstock.services.cloudwatch.dashboards import chart
from penstock.testing import LocalServer

TEXT = {"type": "text", "x": 0, "y": 0, "width": 3, "height": 3, "properties": {"markdown": "hello"}}
METRIC = {"type": "metric", "properties": {"metrics": [["App", "load"]], "region": "us-east-1"}}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        for at in range(5):
            put(running, "load", at * 3.5, at=-at)
        yield running


def body(*widgets: Any) -> str:
    return json.dumps({"widgets": list(widgets)})


def test_a_dashboard_is_kept_as_it_was_put(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    text = body(TEXT, METRIC) + "\n "
    assert (
        cloudwatch.put_dashboard(DashboardName="whole", DashboardBody=text)["DashboardValidationMessages"]
        == []
    )
    found = cloudwatch.get_dashboard(DashboardName="whole")
    assert (found["DashboardBody"], found["DashboardArn"]) == (
        text, f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/whole",
    )  # fmt: skip
    cloudwatch.put_dashboard(DashboardName="whole", DashboardBody=body())
    assert cloudwatch.get_dashboard(DashboardName="whole")["DashboardBody"] == body()
    far = server.client("cloudwatch", region_name="eu-west-1")
    assert far.get_dashboard(DashboardName="whole")["DashboardBody"] == body()


def test_dashboards_are_listed_by_prefix(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    for name in ("list", "list-a", "list-b", "other"):
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body(TEXT))
    entries = cloudwatch.list_dashboards(DashboardNamePrefix="list")["DashboardEntries"]
    assert [entry["DashboardName"] for entry in entries] == ["list", "list-a", "list-b"]
    assert (entries[0]["Size"], entries[0]["LastModified"]) == (len(body(TEXT)), moment(0))


def test_dashboards_are_deleted_all_or_none(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="gone", DashboardBody=body())
    code, text = refusal(cloudwatch.delete_dashboards, DashboardNames=["gone", "never"])
    assert (code, text) == ("ResourceNotFound", "Dashboard never does not exist")
    cloudwatch.delete_dashboards(DashboardNames=["gone"])
    assert refusal(cloudwatch.get_dashboard, DashboardName="gone")[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("no json", ""),
        ("[]", ""),
        ("[" * 100_000, ""),
        ("{}", "/widgets"),
        ('{"widgets": 1}', "/widgets"),
        (body(1), "/widgets/0"),
        (body({"type": "pie", "properties": {}}), "/widgets/0/type"),
        (body({"type": ["text"], "properties": {}}), "/widgets/0/type"),
        (body({"type": "text"}), "/widgets/0/properties"),
        (body({"type": "text", "properties": {}}), "/widgets/0/properties/markdown"),
        (body(TEXT, {"type": "metric", "properties": {}}), "/widgets/1/properties/metrics"),
        (body({"type": "metric", "properties": {"metrics": [[]]}}), "/widgets/0/properties/metrics/0"),
        (body({**TEXT, "width": 25}), "/widgets/0/width"),
        (body({**TEXT, "x": "left"}), "/widgets/0/x"),
        (body(*[TEXT] * 501), "/widgets"),
    ],
)
def test_bodies_that_cannot_be_are_refused_and_said_where(server: LocalServer, text: str, path: str) -> None:
    with pytest.raises(ClientError) as refused:
        client(server, "cloudwatch").put_dashboard(DashboardName="bad", DashboardBody=text)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterInput"
    messages = refused.value.response["dashboardValidationMessages"]
    assert [message["DataPath"] for message in messages] == [path]


def test_what_is_odd_about_a_body_is_said(server: LocalServer) -> None:
    odd = {"type": "metric", "properties": {"metrics": [["App", "load"]]}, "colour": "red"}
    found = client(server, "cloudwatch").put_dashboard(DashboardName="odd", DashboardBody=body(odd))
    paths = [message["DataPath"] for message in found["DashboardValidationMessages"]]
    assert paths == ["/widgets/0/colour", "/widgets/0/properties/region"]


@pytest.mark.parametrize("name", ["a b", "é", "a" * 256, ""])
def test_names_that_cannot_be_are_refused(server: LocalServer, name: str) -> None:
    code, _ = refusal(client(server, "cloudwatch").put_dashboard, DashboardName=name, DashboardBody=body())
    assert code == "InvalidParameterValue"


def test_dashboards_have_tags(server: LocalServer) -> None:
    cloudwatch = client(server, "cloudwatch")
    cloudwatch.put_dashboard(DashboardName="tagged", DashboardBody=body(), Tags=[{"Key": "a", "Value": "1"}])
    arn = cloudwatch.get_dashboard(DashboardName="tagged")["DashboardArn"]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def image(server: LocalServer, **widget: Any) -> bytes:
    found = client(server, "cloudwatch").get_metric_widget_image(MetricWidget=json.dumps(widget))
    picture: bytes = found["MetricWidgetImage"]
    return picture


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])


def test_a_widget_is_drawn_as_a_picture_of_its_size(server: LocalServer) -> None:
    pytest.importorskip("matplotlib")
    lines = [
        ["App", "load", {"id": "m1", "period": 60, "color": "#112233"}],
        ["...", {"stat": "Maximum", "yAxis": "right", "label": "$most$ ${MAX}"}],
        [{"expression": "m1 * 2", "label": "_twice", "id": "e1"}],
        [".", "nothing"],
    ]
    marks = {"horizontal": [{"value": 9, "label": "$limit"}, {"value": None}]}
    drawn = image(
        server, metrics=lines, annotations=marks, title="A $title", width=500, height=300, period=60,
        yAxis={"left": {"min": 0, "max": 20}}, start="-PT1H",
    )  # fmt: skip
    assert size(drawn) == (500, 300)
    assert drawn != image(
        server, metrics=lines, width=500, height=300, period=60, start="-PT2H", stacked=True
    )


@pytest.mark.parametrize(
    ("widget", "code"),
    [
        ({}, "ValidationError"),
        ({"metrics": [["App"]]}, "ValidationError"),
        ({"metrics": [["App", 5]]}, "ValidationError"),
        ({"metrics": [["App", "load", "odd"]]}, "ValidationError"),
        ({"metrics": [[{"expression": "m1 +"}]]}, "ValidationError"),
        ({"metrics": [["App", "load", {"stat": "Median"}]]}, "ValidationError"),
        ({"metrics": [["App", "load", {"period": 7}]]}, "ValidationError"),
        ({"metrics": [["App", "load"]], "width": 2001}, "ValidationError"),
        ({"metrics": [["App", "load"]], "start": "yesterday"}, "ValidationError"),
        ({"metrics": [["App", "load"]], "start": "P0D", "end": "-PT1H"}, "ValidationError"),
        ({"metrics": [["App", "load"]] * 501}, "ValidationError"),
        ({"metrics": [["App", "load"]], "start": "-P999999W"}, "ValidationError"),
        ({"metrics": {"a": 1}}, "ValidationError"),
        ({"metrics": [["App", "load", {"id": []}]]}, "ValidationError"),
        ({"metrics": [["App", "load"]], "annotations": {"alarms": ["a"], "horizontal": 5}}, "NotImplemented"),
        ({"metrics": [["App", "load"]], "view": "pie"}, "NotImplemented"),
    ],
)
def test_widgets_that_cannot_be_drawn_are_refused(
    server: LocalServer, widget: dict[str, Any], code: str
) -> None:
    operation = client(server, "cloudwatch").get_metric_widget_image
    assert refusal(operation, MetricWidget=json.dumps(widget))[0] == code


def test_without_the_library_it_is_said_which_is_needed(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> bytes:
        raise chart.NoCharts

    monkeypatch.setattr("penstock.services.cloudwatch.dashboards.widget_image.draw", nothing)
    operation = client(server, "cloudwatch").get_metric_widget_image
    code, text = refusal(operation, MetricWidget=json.dumps({"metrics": [["App", "load"]]}))
    assert code == "NotImplemented"
    assert "penstock[charts]" in text
