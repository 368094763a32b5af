"""An ARN may be written in more than one way; what a policy says of a resource holds for each of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION
from tests.kit.functions import SQS, client, make_function, make_queue, make_role
from tests.kit.policies import document
from tests.kit.roles import ANYBODY, clients_of

PLACE = f"{REGION}:{ACCOUNT}"
RULE, BUS = f"arn:aws:events:{PLACE}:rule/secret", f"arn:aws:events:{PLACE}:event-bus/secret"
GROUP = f"arn:aws:logs:{PLACE}:log-group:secret"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:secret"
QUEUE = f"arn:aws:sqs:{PLACE}:secret"
TOPIC = f"arn:aws:sns:{PLACE}:secret"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/secret"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/secret"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:secret"
PARAMETER = f"arn:aws:ssm:{PLACE}:parameter/secret"
MAPPING = f"arn:aws:lambda:{PLACE}:event-source-mapping:*"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
TAGS = [{"Key": "team", "Value": "red"}]


@pytest.fixture(scope="module")
def world(server: LocalServer) -> Callable[[str], Any]:
    """Returns clients of a role that may do everything, but nothing with what is called ``secret``."""
    client(server, "events").put_rule(Name="secret", EventPattern='{"source": ["a"]}')
    client(server, "events").create_event_bus(Name="secret")
    client(server, "logs").create_log_group(logGroupName="secret")
    make_function(server, "secret", "def handler(event, context):\n    pass\n", may=SQS)
    _, arn = make_queue(server, "secret")
    make_queue(server, "source", RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}))
    client(server, "lambda").create_event_source_mapping(
        FunctionName="secret", EventSourceArn=f"arn:aws:sqs:{PLACE}:source", Enabled=False
    )
    client(server, "sns").create_topic(Name="secret")
    make_role(server, "secret", trust=ANYBODY)
    client(server, "iam").create_policy(PolicyName="secret", PolicyDocument=document(EVERYTHING))
    client(server, "secretsmanager").create_secret(Name="secret", SecretString="x")
    client(server, "ssm").put_parameter(Name="secret", Value="x", Type="String")
    clients = clients_of(server, "not-secret")
    secret = [RULE, BUS, GROUP, FUNCTION, QUEUE, TOPIC, POLICY, ROLE, MAPPING, f"{SECRET}-*", PARAMETER]
    denied = {"Effect": "Deny", "Action": "*", "Resource": secret}
    client(server, "iam").put_role_policy(
        RoleName="not-secret", PolicyName="p", PolicyDocument=document(EVERYTHING, denied)
    )
    return clients


def call(service: str, operation: str, member: str, arn: str, **more: Any) -> Any:
    return pytest.param(service, operation, {member: arn, **more}, id=f"{service}-{operation}-{arn[:14]}")


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        call(service, operation, member, spelled, **more)
        for service, operation, member, arn, more in [
            ("events", "tag_resource", "ResourceARN", RULE, {"Tags": TAGS}),
            ("events", "tag_resource", "ResourceARN", BUS, {"Tags": TAGS}),
            ("events", "tag_resource", "ResourceARN", RULE.replace("rule/", "rule/default/"), {"Tags": TAGS}),
            ("events", "delete_event_bus", "Name", BUS, {}),
            ("events", "describe_event_bus", "Name", BUS, {}),
            ("logs", "tag_resource", "resourceArn", GROUP, {"tags": {"team": "red"}}),
            ("logs", "tag_resource", "resourceArn", f"{GROUP}:*", {"tags": {"team": "red"}}),
            ("logs", "list_tags_for_resource", "resourceArn", f"{GROUP}:*", {}),
            ("logs", "get_log_events", "logGroupIdentifier", f"{GROUP}:*", {"logStreamName": "s"}),
            ("lambda", "tag_resource", "Resource", FUNCTION, {"Tags": {"team": "red"}}),
            ("lambda", "get_function", "FunctionName", FUNCTION, {}),
            ("lambda", "get_function", "FunctionName", f"{FUNCTION}:$LATEST", {}),
            ("lambda", "get_function", "FunctionName", f"{ACCOUNT}:function:secret", {}),
            ("sqs", "start_message_move_task", "SourceArn", QUEUE, {}),
            ("sqs", "list_message_move_tasks", "SourceArn", QUEUE, {}),
            ("sns", "publish", "TopicArn", TOPIC, {"Message": "x"}),
            ("sns", "tag_resource", "ResourceArn", TOPIC, {"Tags": TAGS}),
            ("sns", "subscribe", "TopicArn", TOPIC, {"Protocol": "sqs", "Endpoint": QUEUE}),
            ("iam", "get_policy", "PolicyArn", POLICY, {}),
            ("iam", "tag_policy", "PolicyArn", POLICY, {"Tags": TAGS}),
            ("secretsmanager", "get_secret_value", "SecretId", SECRET, {}),
            ("secretsmanager", "describe_secret", "SecretId", SECRET, {}),
            ("secretsmanager", "tag_resource", "SecretId", SECRET, {"Tags": TAGS}),
            ("secretsmanager", "get_secret_value", "SecretId", "secret", {}),
            ("ssm", "get_parameter", "Name", PARAMETER, {}),
            ("ssm", "get_parameter", "Name", "secret", {}),
            ("ssm", "get_parameter", "Name", "/secret", {}),
            ("ssm", "get_parameter", "Name", "secret:1", {}),
            ("ssm", "get_parameter", "Name", f"{PARAMETER}:1", {}),
            ("ssm", "get_parameter", "Name", PARAMETER.replace("parameter/", "parameter//"), {}),
            ("ssm", "delete_parameter", "Name", "/secret", {}),
            ("ssm", "get_parameter_history", "Name", PARAMETER, {}),
            ("sts", "assume_role", "RoleArn", ROLE, {"RoleSessionName": "me"}),
        ]
        for spelled in dict.fromkeys((arn, arn.replace("arn:aws:", "arn:aws-cn:"), arn.replace(PLACE, ":")))
    ],
)
def test_another_spelling_of_an_arn_does_not_evade_a_policy(
    world: Callable[[str], Any], service: str, operation: str, params: dict[str, Any]
) -> None:
    with pytest.raises(ClientError):
        getattr(world(service), operation)(**params)


@pytest.mark.parametrize(
    "place", [f"lambda:{PLACE}", "lambda::", f"sqs:{PLACE}", f"lambda:eu-west-1:{ACCOUNT}", "x:::function"]
)
def test_a_mapping_is_its_account_s_whatever_its_arn_is_made_to_say(
    server: LocalServer, world: Callable[[str], Any], place: str
) -> None:
    (made,) = client(server, "lambda").list_event_source_mappings(FunctionName="secret")[
        "EventSourceMappings"
    ]
    with pytest.raises(ClientError):
        world("lambda").tag_resource(
            Resource=f"arn:aws:{place}:event-source-mapping:{made['UUID']}", Tags={"team": "red"}
        )
