"""Policies that ask for tags, principals and who stands behind a request are felt, end to end."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import arrive, make_function, make_queue, make_role, zip_of

from penstock.services.lambda_.functions.credentials import assume_role
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

OTHER = "111122223333"
BOTH = {
    "Effect": "Allow",
    "Principal": {"AWS": ACCOUNT, "Service": "lambda.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
SOURCE = "def handler(event, context):\n    pass\n"
RED = {"team": "red"}
Session = Callable[..., Callable[[str], Any]]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = (
        f"{ACCOUNT}:AKIAPENSTOCKTESTING1:penstock-testing-secret,{OTHER}:AKIAOTHERACCOUNT0001:other-secret"
    )
    with LocalServer(accounts=accounts) as running:
        yield running


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(action: Any, resource: Any = "*", **condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}


def deny(action: Any, **condition: Any) -> dict[str, Any]:
    return allow(action, **condition) | {"Effect": "Deny"}


@pytest.fixture
def session(server: LocalServer, request: pytest.FixtureRequest) -> Session:
    """Returns a function that makes a role with these statements, and returns what makes its clients."""

    def made(
        *statements: dict[str, Any], root: Callable[[str], Any] = server.client, account: str = ACCOUNT
    ) -> Any:
        name = request.node.name[:60].replace("[", "-").replace("]", "")
        trust = allow("sts:AssumeRole") | {"Principal": {"AWS": account}}
        del trust["Resource"]
        arn = root("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        root("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        found = root("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
        return lambda service: client(
            server, service, found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
        )

    return made


def client(server: LocalServer, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=client_config(),
    )


def refusal(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def denied(call: Any, **params: Any) -> bool:
    return refusal(call, **params)[0] in ("AccessDenied", "AccessDeniedException")


def test_queues_are_told_apart_by_their_tags(server: LocalServer, session: Session) -> None:
    root = server.client("sqs")
    red, _ = make_queue(server, "tagged-red")
    blue, _ = make_queue(server, "tagged-blue")
    root.tag_queue(QueueUrl=red, Tags=RED)
    sqs = session(allow("sqs:SendMessage", StringEquals={"aws:ResourceTag/team": "red"}))("sqs")
    sqs.send_message(QueueUrl=red, MessageBody="x")
    assert denied(sqs.send_message, QueueUrl=blue, MessageBody="x")
    root.tag_queue(QueueUrl=blue, Tags=RED)
    sqs.send_message(QueueUrl=blue, MessageBody="x")
    root.untag_queue(QueueUrl=red, TagKeys=["team"])
    assert denied(sqs.send_message, QueueUrl=red, MessageBody="x")


def test_a_queue_is_made_with_the_tags_that_are_asked_for(server: LocalServer, session: Session) -> None:
    tagged = allow(["sqs:CreateQueue", "sqs:TagQueue"], StringEquals={"aws:RequestTag/team": "red"})
    sqs = session(tagged, deny("sqs:UntagQueue", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}))(
        "sqs"
    )
    assert denied(sqs.create_queue, QueueName="made")
    assert denied(sqs.create_queue, QueueName="made", tags={"team": "blue"})
    url = sqs.create_queue(QueueName="made", tags=RED)["QueueUrl"]
    assert denied(sqs.untag_queue, QueueUrl=url, TagKeys=["team"])


def test_tags_at_creation_take_the_right_to_tag(server: LocalServer, session: Session) -> None:
    may = session(allow(["sqs:CreateQueue", "logs:CreateLogGroup", "s3:CreateBucket", "iam:CreateRole"]))
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    tags = [{"Key": "a", "Value": "b"}]
    sqs, logs, s3, iam = may("sqs"), may("logs"), may("s3"), may("iam")
    assert denied(sqs.create_queue, QueueName="untagged", tags=RED)
    assert denied(logs.create_log_group, logGroupName="untagged", tags=RED)
    assert denied(s3.create_bucket, Bucket="untagged", CreateBucketConfiguration={"Tags": tags})
    assert denied(iam.create_role, RoleName="untagged", AssumeRolePolicyDocument=trust, Tags=tags)
    sqs.create_queue(QueueName="untagged")
    logs.create_log_group(logGroupName="untagged")
    s3.create_bucket(Bucket="untagged")
    iam.create_role(RoleName="untagged", AssumeRolePolicyDocument=trust)


def test_log_groups_are_told_apart_by_their_tags(server: LocalServer, session: Session) -> None:
    root = server.client("logs")
    root.create_log_group(logGroupName="tagged-red", tags=RED)
    root.create_log_group(logGroupName="tagged-blue")
    logs = session(allow("logs:*", StringEquals={"aws:ResourceTag/team": "red"}))("logs")
    logs.create_log_stream(logGroupName="tagged-red", logStreamName="s")
    assert denied(logs.create_log_stream, logGroupName="tagged-blue", logStreamName="s")
    root.tag_log_group(logGroupName="tagged-blue", tags=RED)
    logs.put_retention_policy(logGroupName="tagged-blue", retentionInDays=1)
    root.untag_log_group(logGroupName="tagged-blue", tags=["team"])
    assert denied(logs.put_retention_policy, logGroupName="tagged-blue", retentionInDays=1)


def test_functions_are_told_apart_by_their_tags(server: LocalServer, session: Session) -> None:
    make_function(server, "tagged", SOURCE, Tags=RED)
    make_function(server, "tagless", SOURCE)
    only_red = allow("lambda:GetFunction", StringEquals={"aws:ResourceTag/team": "red"})
    lambda_ = session(only_red, deny("lambda:ListTags"))("lambda")
    assert denied(lambda_.get_function, FunctionName="tagless")
    found = lambda_.get_function(FunctionName="tagged")
    assert "Tags" not in found  # they take a right of their own
    assert found["TagsError"]["ErrorCode"] == "AccessDeniedException"


def test_a_mapping_is_known_by_its_function(server: LocalServer, session: Session) -> None:
    _, queue = make_queue(server, "mapped")
    may = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    mine, other = (make_function(server, name, SOURCE, may=may)["FunctionArn"] for name in ("mine", "theirs"))
    uuid = server.client("lambda").create_event_source_mapping(
        FunctionName="theirs", EventSourceArn=queue, Enabled=False
    )["UUID"]
    only_mine = allow("lambda:*EventSourceMapping", ArnEquals={"lambda:FunctionArn": mine})
    lambda_ = session(only_mine)("lambda")
    assert denied(lambda_.get_event_source_mapping, UUID=uuid)
    assert denied(lambda_.delete_event_source_mapping, UUID=uuid)
    own = lambda_.create_event_source_mapping(FunctionName="mine", EventSourceArn=queue, Enabled=False)[
        "UUID"
    ]
    assert denied(lambda_.update_event_source_mapping, UUID=own, FunctionName="theirs")
    arrive(server)
    assert lambda_.delete_event_source_mapping(UUID=own)["FunctionArn"] == mine != other


def test_whom_a_function_may_be_opened_to_can_be_limited(server: LocalServer, session: Session) -> None:
    make_function(server, "opened", SOURCE)
    only_s3 = allow("lambda:*Permission", StringEquals={"lambda:Principal": "s3.amazonaws.com"})
    lambda_ = session(only_s3)("lambda")
    statement = {"FunctionName": "opened", "Action": "lambda:InvokeFunction"}
    assert denied(lambda_.add_permission, StatementId="all", Principal="*", **statement)
    lambda_.add_permission(StatementId="s3", Principal="s3.amazonaws.com", **statement)
    server.client("lambda").add_permission(StatementId="other", Principal=OTHER, **statement)
    assert denied(lambda_.remove_permission, FunctionName="opened", StatementId="other")
    lambda_.remove_permission(FunctionName="opened", StatementId="s3")


def test_a_bucket_s_tags_count_once_its_owner_says_so(server: LocalServer, session: Session) -> None:
    root = server.client("s3")
    root.create_bucket(Bucket="abac", CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "red"}]})
    s3 = session(
        allow("s3:PutObject", StringEquals={"aws:ResourceTag/team": "red", "s3:BucketTag/team": "red"})
    )("s3")
    assert denied(s3.put_object, Bucket="abac", Key="k", Body=b"x")
    assert root.get_bucket_abac(Bucket="abac")["AbacStatus"] == {"Status": "Disabled"}
    root.put_bucket_abac(Bucket="abac", AbacStatus={"Status": "Enabled"})
    assert root.get_bucket_abac(Bucket="abac")["AbacStatus"] == {"Status": "Enabled"}
    s3.put_object(Bucket="abac", Key="k", Body=b"x")
    changed = {"TagSet": [{"Key": "team", "Value": "blue"}]}
    assert refusal(root.put_bucket_tagging, Bucket="abac", Tagging=changed)[0] == "MethodNotAllowed"
    root.put_bucket_abac(Bucket="abac", AbacStatus={"Status": "Disabled"})
    root.put_bucket_tagging(Bucket="abac", Tagging=changed)
    root.put_bucket_abac(Bucket="abac", AbacStatus={"Status": "Enabled"})
    assert denied(s3.put_object, Bucket="abac", Key="k", Body=b"x")
    with pytest.raises(ClientError, match="MalformedXML"):
        root.put_bucket_abac(Bucket="abac", AbacStatus={"Status": "Perhaps"})


def test_roles_to_be_assumed_are_told_apart_by_their_tags(server: LocalServer, session: Session) -> None:
    iam, trust = (
        server.client("iam"),
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
    )
    arns = [
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), Tags=tags)["Role"]["Arn"]
        for name, tags in (("assumed-red", [{"Key": "team", "Value": "red"}]), ("assumed-plain", []))
    ]
    sts = session(allow("sts:AssumeRole", StringEquals={"iam:ResourceTag/team": "red"}))("sts")
    sts.assume_role(RoleArn=arns[0], RoleSessionName="me")
    assert denied(sts.assume_role, RoleArn=arns[1], RoleSessionName="me")
    iam.tag_role(RoleName="assumed-plain", Tags=[{"Key": "team", "Value": "red"}])
    sts.assume_role(RoleArn=arns[1], RoleSessionName="me")


def test_a_role_can_be_for_one_function_only(server: LocalServer) -> None:
    of_one = {"ArnEquals": {"aws:SourceArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:the-one"}}
    principal = {"Service": "lambda.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": of_one}
    role = make_role(server, "of-one", trust={"Version": "2012-10-17", "Statement": [trust]})
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        make_function(server, "another", SOURCE, Role=role)
    make_function(server, "the-one", SOURCE, Role=role)


def test_what_a_function_s_code_does_is_told_from_what_its_role_may(server: LocalServer) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sender"
    url, _ = make_queue(server, "from-code")
    role = make_role(server, "sender-role", trust={"Version": "2012-10-17", "Statement": [BOTH]})
    only_code = allow("sqs:SendMessage", ArnEquals={"lambda:SourceFunctionArn": arn})
    server.client("iam").put_role_policy(
        RoleName="sender-role", PolicyName="p", PolicyDocument=document(only_code)
    )

    by_hand = server.client("sts").assume_role(RoleArn=role, RoleSessionName="sender")["Credentials"]
    (parts,) = (service.state.parts for service in server.app.services if service.name == "lambda")
    found = {
        name: server.wait(assume_role(parts, ACCOUNT, REGION, name, role)) for name in ("sender", "another")
    }

    for credentials, may in ((by_hand, False), (found["another"], False), (found["sender"], True)):
        keys = (credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        sqs = client(server, "sqs", *keys)
        if may:
            sqs.send_message(QueueUrl=url, MessageBody="x")
        else:
            assert denied(sqs.send_message, QueueUrl=url, MessageBody="x")


def test_code_may_be_fetched_through_lambda_only(server: LocalServer, session: Session) -> None:
    root = server.client("s3")
    root.create_bucket(Bucket="code-only")
    root.put_object(Bucket="code-only", Key="zip", Body=zip_of(SOURCE))
    role = make_role(server, "code-only-role")
    through = allow("s3:GetObject", Bool={"aws:ViaAWSService": "true"})
    may = session(through, allow(["lambda:CreateFunction", "iam:PassRole"]))
    assert denied(may("s3").get_object, Bucket="code-only", Key="zip")
    code = {"S3Bucket": "code-only", "S3Key": "zip"}
    may("lambda").create_function(
        FunctionName="fetched", Role=role, Runtime="python3.11", Handler="a.b", Code=code
    )


def test_a_role_may_be_passed_on_to_one_function_only(server: LocalServer, session: Session) -> None:
    role = make_role(server, "passed-role")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:passed"
    passing = allow("iam:PassRole", role, ArnEquals={"iam:AssociatedResourceArn": arn})
    lambda_ = session(allow("lambda:*"), passing)("lambda")
    new = {"Role": role, "Runtime": "python3.11", "Handler": "a.b", "Code": {"ZipFile": zip_of(SOURCE)}}
    assert denied(lambda_.create_function, FunctionName="passed-other", **new)
    lambda_.create_function(FunctionName="passed", **new)


def test_another_account_s_caller_cannot_give_a_function_its_own_role(
    server: LocalServer, session: Session
) -> None:
    own = make_function(server, "shared", SOURCE)["Role"]
    for action in ("UpdateFunctionConfiguration", "GetFunctionConfiguration"):
        server.client("lambda").add_permission(
            FunctionName="shared", StatementId=action, Action=f"lambda:{action}", Principal=OTHER
        )

    def of_other(service: str) -> Any:
        return client(server, service, "AKIAOTHERACCOUNT0001", "other-secret")

    service = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    theirs = of_other("iam").create_role(RoleName="theirs", AssumeRolePolicyDocument=document(service))[
        "Role"
    ]["Arn"]
    lambda_ = session(allow("*"), root=of_other, account=OTHER)("lambda")
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:shared"
    lambda_.update_function_configuration(FunctionName=arn, Description="by a neighbour")
    arrive(server)
    code, text = refusal(lambda_.update_function_configuration, FunctionName=arn, Role=theirs)
    assert (code, text) == ("InvalidParameterValueException", "Cross-account pass role is not allowed.")
    mine = make_role(server, "another-of-the-owner")
    assert denied(lambda_.update_function_configuration, FunctionName=arn, Role=mine)
    assert lambda_.get_function_configuration(FunctionName=arn)["Role"] == own


def test_listings_are_allowed_on_the_arns_of_aws_s_examples(server: LocalServer, session: Session) -> None:
    queues = f"arn:aws:sqs:{REGION}:{ACCOUNT}:*"
    may = session(allow("s3:ListAllMyBuckets", "arn:aws:s3:::*"), allow("sqs:ListQueues", queues))
    assert may("s3").list_buckets()["Owner"]
    assert may("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_move_task_takes_what_it_does(server: LocalServer, session: Session) -> None:
    _, dead = make_queue(server, "moved-dead")
    sqs = session(allow("sqs:*MessageMoveTask*"))("sqs")
    assert denied(sqs.start_message_move_task, SourceArn=dead)
    assert denied(sqs.list_message_move_tasks, SourceArn=dead)


def test_how_many_tags_an_object_has_is_told_to_those_who_may_read_them(
    server: LocalServer, session: Session
) -> None:
    root = server.client("s3")
    root.create_bucket(Bucket="counted")
    root.put_object(Bucket="counted", Key="k", Body=b"x", Tagging="team=red")
    assert root.head_object(Bucket="counted", Key="k")["TagCount"] == 1
    s3 = session(allow("s3:GetObject"))("s3")
    assert "TagCount" not in s3.get_object(Bucket="counted", Key="k")
