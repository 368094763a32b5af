"""A function's tag says how urgent its events are."""

from typing import Any

from tests.kit.functions import client, make_function

from penstock.delivery import Precedence, Priority
from penstock.testing import LocalServer

HANDLER = "def handler(event, context):\n    return 1\n"


def priority(server: LocalServer, arn: str) -> Priority | None:
    delivery = server.app.delivery
    found: Precedence = server.wait(server.app.store.read(delivery.target(arn).precedence, arn))
    return found.priority


def test_a_tag_makes_a_function_urgent_or_patient(server: LocalServer) -> None:
    functions: Any = client(server, "lambda")
    arn = make_function(server, "urgent", HANDLER, Tags={"penstock:priority": "high"})["FunctionArn"]
    assert priority(server, arn) is Priority.HIGH
    assert priority(server, f"{arn}:$LATEST") is Priority.HIGH
    functions.tag_resource(Resource=arn, Tags={"penstock:priority": "low"})
    assert priority(server, arn) is Priority.LOW
    functions.untag_resource(Resource=arn, TagKeys=["penstock:priority"])
    assert priority(server, arn) is None
    assert priority(server, arn.replace("urgent", "absent")) is None


def test_a_patient_functions_events_are_carried_when_nothing_is_more_urgent(server: LocalServer) -> None:
    make_function(server, "patient", HANDLER, Tags={"penstock:priority": "low"})
    client(server, "lambda").invoke(FunctionName="patient", InvocationType="Event", Payload=b"{}")
    server.settle()
    assert server.app.delivery.lanes.backlog == 0
