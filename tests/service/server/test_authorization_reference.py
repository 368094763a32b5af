"""What is asked of policies is what AWS's service authorization reference says, operation by operation.

The reference is in ``tests/golden/authorization``, a file for each service with its page. What the server does not ask
or set yet is in the two lists below, which may only become shorter.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.kit.authorization import Question, Recorder, World, in_order

from penstock.access import Principal, decide, parse_policy
from penstock.app.application import SERVICES
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

GOLDEN = Path(__file__).parents[2] / "golden" / "authorization"
LIMITS = Path(__file__).parents[3] / "docs" / "limits.md"
OPERATIONS = {
    service.name: service.operations for service in SERVICES if (GOLDEN / f"{service.name}.json").exists()
}

WITHOUT_REFERENCE = {
    "eventsv2",
}
NO_CLIENT_HAS = {"PostObject"}  # a browser's form, asked about as PutObject

# A list of grants that is accepted changes nothing here.
LOCKS_AND_LISTS = {"s3:PutObjectAcl", "s3:PutObjectLegalHold", "s3:PutObjectRetention"}
# What operations would ask for beyond what they do; each belongs to something that is refused here.
NOT_ASKED = {
    "dynamodb:UpdateTable": {"dynamodb:TagResource"},  # of replicas, which have no tags here
    "iam:ChangePassword": {"iam:ChangePassword"},  # which no role may call
    # KMS's page of the operation names the other two only; a key's first policy needs no permission of its own.
    "kms:CreateKey": {"kms:PutKeyPolicy"},
    "lambda:CreateFunction": {"lambda:PassCapacityProvider"},
    "lambda:UpdateFunctionConfiguration": {"lambda:PassCapacityProvider"},
    "logs:CreateLogGroup": {"logs:TagLogGroup"},
    "logs:FilterLogEvents": {"logs:Unmask"},
    "logs:GetLogEvents": {"logs:Unmask"},
    "s3:CopyObject": LOCKS_AND_LISTS,
    "s3:CreateMultipartUpload": LOCKS_AND_LISTS,
    "s3:DeleteObject": {"s3:BypassGovernanceRetention"},
    "s3:DeleteObjects": {"s3:BypassGovernanceRetention"},
    "s3:GetObject": {"s3:GetObjectLegalHold", "s3:GetObjectRetention"},
    "s3:HeadObject": {"s3:GetObjectLegalHold", "s3:GetObjectRetention"},
    "s3:PutObject": LOCKS_AND_LISTS,
    "sns:CreateTopic": {"sns:PutDataProtectionPolicy"},
    "sns:SetSubscriptionAttributes": {"iam:PassRole"},  # for Firehose, as the next
    "sns:Subscribe": {"iam:PassRole"},
    "sts:AssumeRole": {"sts:SetContext"},
    "sts:GetFederationToken": {"sts:GetFederationToken", "sts:TagSession"},  # which no role may call
}
# Condition keys that no request has here; docs/limits.md names them.
NEVER_SET = {
    "events:ManagedBy",
    "kms:GrantConstraintSourceArn",
    "kms:GranteeServicePrincipal",
    "kms:RecipientAttestation:",
    "kms:RetiringServicePrincipal",
    "kms:TrailingDaysWithoutKeyUsage",
    "lambda:EventSourceToken",
    "lambda:VpcIds",
    "s3:AccessGrantsInstanceArn",
    "s3:AccessPointNetworkOrigin",
    "s3:AccessPointTag/",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "secretsmanager:resource/",
}
# Condition keys of what services ask on somebody's behalf, which nobody does here; KMS's own tests have them.
OF_SERVICES = {"kms:ViaService"}
KEY_KEYS = {
    "kms:KeyOrigin",
    "kms:KeySpec",
    "kms:KeyUsage",
    "kms:MultiRegion",
    "kms:MultiRegionKeyType",
    "kms:ResourceAliases",
}
# Condition keys of one action that are not set for it, and are for others.
NOT_SET: dict[str, set[str]] = {
    # What is being made has no tags yet.
    "cloudwatch:PutCompositeAlarm": {"aws:ResourceTag/"},
    "cloudwatch:PutDashboard": {"aws:ResourceTag/"},
    "cloudwatch:PutMetricAlarm": {"aws:ResourceTag/"},
    "dynamodb:CreateTable": {"aws:ResourceTag/"},
    "dynamodb:CreateTableReplica": {"aws:ResourceTag/"},
    "dynamodb:DeleteTableReplica": {"aws:ResourceTag/"},  # as it was made
    "dynamodb:ImportTable": {"aws:ResourceTag/"},
    "dynamodb:RestoreTableFromBackup": {"aws:ResourceTag/"},
    "events:CreateEventBus": {"aws:ResourceTag/"},
    "sns:CreateTopic": {"aws:ResourceTag/"},
    "iam:CreateInstanceProfile": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:CreateOpenIDConnectProvider": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:CreatePolicy": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:CreateRole": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:CreateServiceLinkedRole": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:CreateUser": {"aws:ResourceTag/", "iam:ResourceTag/"},
    # The role is gone by then; and a path has no tags.
    "iam:GetServiceLinkedRoleDeletionStatus": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "iam:ListInstanceProfiles": {"aws:ResourceTag/", "iam:ResourceTag/"},
    "kms:CreateKey": {"aws:ResourceTag/"},
    "lambda:CreateFunction": {"aws:ResourceTag/"},
    "logs:CreateLogGroup": {"aws:ResourceTag/"},
    "pipes:CreatePipe": {"aws:ResourceTag/"},
    "s3:CreateBucket": {"aws:ResourceTag/", "s3:BucketTag/"},
    "schemas:CreateRegistry": {"aws:ResourceTag/"},
    "schemas:CreateSchema": {"aws:ResourceTag/"},
    "scheduler:CreateScheduleGroup": {"aws:ResourceTag/"},
    "secretsmanager:CreateSecret": {"aws:ResourceTag/", "secretsmanager:ResourceTag/"},
    "s3:TagResource": {"aws:ResourceTag/", "s3:BucketTag/"},
    # It is asked for on no key.
    "kms:ListRetirableGrants": {"aws:ResourceTag/", *KEY_KEYS},
    # What is listed is many.
    "cloudwatch:DescribeAlarms": {"aws:ResourceTag/"},
    "schemas:ListDiscoverers": {"aws:ResourceTag/"},
    "schemas:ListRegistries": {"aws:ResourceTag/"},
    "schemas:ListSchemas": {"aws:ResourceTag/"},
    "schemas:SearchSchemas": {"aws:ResourceTag/"},
    # Nothing but what the request says is known of a URL before it is read.
    "lambda:DeleteFunctionUrlConfig": {"lambda:FunctionUrlAuthType"},
    "lambda:GetFunctionUrlConfig": {"lambda:FunctionUrlAuthType"},
    "lambda:InvokeFunction": {"lambda:InvokedViaFunctionUrl"},  # of URLs, which are no operation
    "lambda:ListFunctionUrlConfigs": {"lambda:FunctionUrlAuthType"},
    "lambda:RemovePermission": {"lambda:FunctionUrlAuthType"},
    # Requests have no such member.
    "dynamodb:ConditionCheckItem": {"dynamodb:ReturnValues"},
    "dynamodb:Query": {"dynamodb:ReturnValues"},
    "dynamodb:Scan": {"dynamodb:ReturnValues"},
    "s3:PutObject": {"s3:x-amz-grant-write"},
    "s3:PutObjectAcl": {"s3:x-amz-storage-class"},
    "s3:PutObjectVersionAcl": {"s3:x-amz-storage-class"},
    # These are only deleted.
    "s3:PutInventoryConfiguration": {"s3:InventoryAccessibleOptionalFields"},
    "s3:PutReplicationConfiguration": {"s3:isReplicationPauseRequest"},
}
# Condition keys that are set where the reference has none.
BEYOND: dict[str, set[str]] = {
    # DynamoDB's page of transactions names it for the action too.
    "dynamodb:ConditionCheckItem": {"dynamodb:enclosingoperation"},
    "lambda:ListTags": {"lambda:functionarn"},  # of a mapping, which is the same resource for every action
    "lambda:TagResource": {"lambda:functionarn"},
    "lambda:UntagResource": {"lambda:functionarn"},
    "s3:DeleteObjectVersion": {"s3:if-match"},
    # One request, one context: what AssumeRole knows is known of its tags and its source identity.
    "sts:SetSourceIdentity": {
        "aws:requesttag/",
        "aws:tagkeys",
        "iam:resourcetag/",
        "sts:externalid",
        "sts:rolesessionname",
        "sts:transitivetagkeys",
    },
    "sts:TagSession": {"iam:resourcetag/", "sts:externalid", "sts:rolesessionname", "sts:sourceidentity"},
}
# AWS names an ARN in refusals, and takes it in policies, where the reference knows no resource; or another.
NAMED = {
    "events:ListRuleNamesByTarget": "arn:aws:events:${Region}:${Account}:event-bus/${EventBusName}",
    "events:ListRules": "arn:aws:events:${Region}:${Account}:rule/*",
    "events:PutPermission": "arn:aws:events:${Region}:${Account}:event-bus/${EventBusName}",
    "events:RemovePermission": "arn:aws:events:${Region}:${Account}:event-bus/${EventBusName}",
    "iam:ListGroups": "arn:aws:iam::${Account}:group/",
    "iam:ListRoles": "arn:aws:iam::${Account}:role/",
    "iam:ListUsers": "arn:aws:iam::${Account}:user/",
    # KMS's pages: "isn't restricted to particular KMS keys" when a key is made, and the retiring principal.
    "kms:ListRetirableGrants": "*",
    "kms:TagResource": "*",
    "logs:DescribeLogGroups": "arn:aws:logs:${Region}:${Account}:log-group::log-stream:",
    "s3:ListAllMyBuckets": "arn:aws:s3:::*",
    "sns:ListSubscriptions": "arn:aws:sns:${Region}:${Account}:*",
    "sns:ListTopics": "arn:aws:sns:${Region}:${Account}:*",
    "sqs:ListQueues": "arn:aws:sqs:${Region}:${Account}:",
}
GLOBAL = {
    "aws:SourceIp",
    "aws:SecureTransport",
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:RequestedRegion",
    "aws:ViaAWSService",
    "aws:UserAgent",
}


@cache
def reference(service: str) -> Any:
    return json.loads((GOLDEN / f"{service}.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def asked() -> Iterator[dict[tuple[str, str], list[Question]]]:
    """Returns what was asked for each operation of each service."""
    found = {}
    with pytest.MonkeyPatch.context() as patch, LocalServer(tls="self-signed") as server:
        recorder, world = Recorder(patch), World(server)
        for service in sorted(OPERATIONS, key=lambda name: name == "iam"):  # roles are needed to the end
            for operation in in_order(OPERATIONS[service].keys() - NO_CLIENT_HAS):
                recorder.questions.clear()
                world.ask(service, operation)
                found[service, operation] = [*recorder.questions]
    yield found


def actions_of(service: str, operation: str) -> set[str]:
    return set(reference(service)["operations"].get(operation, [f"{service}:{operation}"]))


def keys_of(action: str) -> set[str]:
    """Returns the condition keys that the reference has for the action."""
    vendor, name = action.split(":")
    page = reference(vendor)
    entry = page["actions"][name]
    of_resources = [key for kind in entry["resources"] for key in page["resources"][kind]["keys"]]
    return {*entry["keys"], *of_resources, *page.get("keys_of_every_action", ())}


def without_name(key: str) -> str:
    """Returns a key as the reference writes it: without the name that follows the slash, or the second colon."""
    found = re.match(r"[\w-]+:[^/:]+[/:]?", key)
    assert found, key
    return found[0]


def matches(template: str, arn: str) -> bool:
    pattern = re.sub(r"\\\$\\\{\w+\\\}", ".*", re.escape(template))
    return re.fullmatch(pattern + "(:log-stream:)?", arn) is not None


def test_every_service_has_its_reference() -> None:
    assert {service.name for service in SERVICES} - OPERATIONS.keys() == WITHOUT_REFERENCE


def test_each_operation_asks_for_its_actions(asked: dict[tuple[str, str], list[Question]]) -> None:
    differing = {}
    for (service, operation), questions in asked.items():
        expected = actions_of(service, operation) - NOT_ASKED.get(f"{service}:{operation}", set())
        if (found := {question.action for question in questions}) != expected:
            differing[service, operation] = (found - expected, expected - found)
    assert differing == {}


def test_each_action_is_asked_for_on_an_arn_of_its_form(asked: dict[tuple[str, str], list[Question]]) -> None:
    for question in all_of(asked):
        vendor, name = question.action.split(":")
        page = reference(vendor)
        kinds = page["actions"][name]["resources"]
        forms = [page["resources"][kind]["arn"] for kind in kinds]
        forms += [NAMED.get(question.action, "*")] if question.action in NAMED or not kinds else []
        assert any(matches(form, question.resource) for form in forms), question


def test_an_action_is_asked_for_on_every_resource_that_it_requires(
    asked: dict[tuple[str, str], list[Question]],
) -> None:
    for service in OPERATIONS:
        page = reference(service)
        for action, kinds in page.get("required", {}).items():
            arns = [q.resource for q in all_of(asked) if q.action == f"{service}:{action}"]
            for kind in kinds:
                assert any(matches(page["resources"][kind]["arn"], arn) for arn in arns), (action, kind)


def test_the_condition_keys_are_those_of_the_reference(asked: dict[tuple[str, str], list[Question]]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for questions in asked.values():
        for question in questions:
            found[question.action] |= {
                without_name(key)
                for key in question.keys - GLOBAL
                if not key.startswith("penstock:")  # what only grants ask for
            }
    beyond = {
        action: extra for action, keys in found.items() if (extra := _lower(keys) - _lower(keys_of(action)))
    }
    missing = {
        action: gone
        for action, keys in found.items()
        if (
            gone := {key for key in keys_of(action) if key.lower() not in _lower(keys)}
            - NEVER_SET
            - OF_SERVICES
        )
    }
    assert beyond == BEYOND
    print(
        "MISSING",
        {k: sorted(v) for k, v in missing.items() if NOT_SET.get(k) != v},
        "BEYOND",
        {k: v for k, v in beyond.items() if BEYOND.get(k) != v},
    )
    assert missing == NOT_SET


def test_a_deny_that_names_a_key_takes_effect(asked: dict[tuple[str, str], list[Question]]) -> None:
    for question in all_of(asked):
        for key, value in question.context.items():
            quantified = "StringEquals" if isinstance(value, str) else "ForAnyValue:StringEquals"
            assert not allowed(question, {quantified: {key: value}}), (question.action, key)
            assert not allowed(question, {"Null": {key: "false"}}), (question.action, key)
            assert allowed(question, {"Null": {key: "true"}}), (question.action, key)


def all_of(asked: dict[tuple[str, str], list[Question]]) -> Iterator[Question]:
    return (question for questions in asked.values() for question in questions)


def allowed(question: Question, denied: dict[str, dict[str, Any]]) -> bool:
    """Returns whether a role that may do everything may do it, unless the condition holds."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": question.action, "Resource": "*", "Condition": denied},
    ]
    policy = parse_policy({"Statement": statements}, kind="identity")
    role = Principal("role", ACCOUNT, "arn:aws:sts::1:assumed-role/r/s", "AROA:s", identity=(policy,))
    return decide(role, question.action, question.resource, question.context, None, ACCOUNT).allowed


def test_every_request_has_the_global_keys(asked: dict[tuple[str, str], list[Question]]) -> None:
    for (service, operation), questions in asked.items():
        for question in questions:
            assert question.keys >= GLOBAL, (service, operation, question.action)


def test_the_limits_name_what_is_never_set() -> None:
    text = LIMITS.read_text("utf-8")
    assert {key for key in NEVER_SET if f"`{key.rstrip('/:')}`" not in text} == set()


def _lower(keys: set[str]) -> set[str]:
    return {key.lower() for key in keys}
