"""``penstock why``: each reason for which an event did or did not reach a target, through the real command line."""

import json
from typing import Any

import pytest
from tests.kit.cli import run_cli
from tests.kit.functions import arrive, client, let_s3_invoke, make_function, make_queue
from tests.kit.policies import ACCOUNT, document, s3_may_send

from penstock.errors import StartError
from penstock.services.sns.publishing import fan_out
from penstock.testing import LocalServer

OPEN = document({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})
BOOM = "def handler(event, context): raise ValueError('boom')"
FINE = "def handler(event, context): return 1"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting


def why(server: LocalServer, uri: str, target: str, *more: str) -> dict[str, Any]:
    story: dict[str, Any] = json.loads(run_cli(server, "why", uri, "--target", target, "--json", *more)[0])
    return story


def told(server: LocalServer, uri: str, target: str, *more: str) -> tuple[str, str]:
    story = why(server, uri, target, *more)
    return story["verdict"], " ".join(story["because"])


def queue(server: LocalServer, name: str, policy: str | None = OPEN) -> tuple[str, str]:
    url, arn = make_queue(server, name)
    if policy:
        client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def notify(
    server: LocalServer, bucket: str, kind: str, arn: str, *, prefix: str = "", suffix: str = ""
) -> None:
    s3 = client(server, "s3")
    if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=bucket)
    rules = [{"Name": n, "Value": v} for n, v in (("prefix", prefix), ("suffix", suffix)) if v]
    member = {"Queue": "QueueArn", "Topic": "TopicArn", "LambdaFunction": "LambdaFunctionArn"}[kind]
    rule = {
        "Id": "it",
        member: arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={f"{kind}Configurations": [rule]}
    )


def put(server: LocalServer, bucket: str, key: str) -> str:
    client(server, "s3").put_object(Bucket=bucket, Key=key, Body=b"x")
    return f"s3://{bucket}/{key}"


def topic(
    server: LocalServer, name: str, endpoint: str, protocol: str = "sqs", **attributes: str
) -> tuple[str, str]:
    sns = client(server, "sns")
    arn = sns.create_topic(Name=name, Attributes={"Policy": OPEN})["TopicArn"]
    found = sns.subscribe(
        TopicArn=arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
    )
    return arn, found["SubscriptionArn"]


def test_prefix_suffix_and_type_are_told_apart_and_a_delivery_names_its_message(server: LocalServer) -> None:
    _, arn = queue(server, "plain")
    notify(server, "plain", "Queue", arn, prefix="in/", suffix=".csv")
    verdict, because = told(server, put(server, "plain", "in/a.csv"), arn)
    assert verdict == "delivered" and f"{arn} took it in the commit of the change, message " in because
    assert told(server, put(server, "plain", "out/a.csv"), arn) == (
        "stopped",
        f"rule it does not let it pass to {arn}: key out/a.csv does not start with in/",
    )
    assert "key in/a.txt does not end with .csv" in told(server, put(server, "plain", "in/a.txt"), arn)[1]
    client(server, "s3").delete_object(Bucket="plain", Key="in/a.csv")
    assert "ObjectRemoved:Delete is not among its events" in told(server, "s3://plain/in/a.csv", arn)[1]
    assert told(server, "s3://plain/in/a.csv", arn, "--event", "ObjectCreated:*")[0] == "delivered"


def test_the_rules_are_those_of_the_moment_and_later_ones_are_named_as_later(server: LocalServer) -> None:
    _, arn = queue(server, "later")
    client(server, "s3").create_bucket(Bucket="later")
    uri = put(server, "later", "a")
    verdict, because = told(server, uri, arn)
    assert (verdict, because) == ("no way", "the bucket had no notification rules when the object changed")
    notify(server, "later", "Queue", arn)
    verdict, because = told(server, uri, arn)
    assert verdict == "no way" and "the rules as they are now, put 20" in because and "lead there" in because
    uri = put(server, "later", "b")
    client(server, "s3").put_bucket_notification_configuration(Bucket="later", NotificationConfiguration={})
    assert told(server, uri, arn)[0] == "delivered"


def test_a_policy_that_denies_is_named_with_its_statement_and_the_next_try(server: LocalServer) -> None:
    url, arn = queue(server, "denied", s3_may_send())
    notify(server, "denied", "Queue", arn)
    statement = {
        "Sid": "Other",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Resource": "*",
    }
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::another"}}
    policy = document(statement | {"Action": "sqs:SendMessage", "Condition": condition})
    client(server, "sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    uri = put(server, "denied", "a")
    story = why(server, uri, arn)
    assert story["verdict"] == "waiting"
    (sentence,) = story["because"]
    assert "does not let s3.amazonaws.com send" in sentence and "; next try 20" in sentence
    (step,) = story["ways"][0]["steps"]
    assert step["policies"] == [
        'statement "Other" (Allow) of the resource-based policy does not apply: its condition on aws:sourcearn wants '
        "arn:aws:s3:::another, saw arn:aws:s3:::denied"
    ]
    for _ in range(30):
        server.advance(3600)
        server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "dead" and "given up for" in because and "`penstock dead` has it" in because


def test_a_filter_policy_names_its_condition_and_an_unconfirmed_address_waits_for_its_owner(
    server: LocalServer,
) -> None:
    _, arn = queue(server, "filtered")
    policy = {"Records": {"s3": {"object": {"size": [{"numeric": [">", 10]}]}}}}
    wanted = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": "MessageBody"}
    topic_arn, subscription = topic(server, "filtered", arn, **wanted)
    client(server, "sns").subscribe(TopicArn=topic_arn, Protocol="email", Endpoint="a@example.com")
    notify(server, "filtered", "Topic", topic_arn)
    uri = put(server, "filtered", "a")
    verdict, because = told(server, uri, arn)
    assert verdict == "filtered" and "Records.s3.object.size: wanted numeric > 10, saw 1" in because
    assert told(server, uri, subscription)[0] == "filtered"
    assert told(server, uri, "a@example.com")[1].endswith("the subscription is not confirmed")
    assert told(server, uri, topic_arn)[0] == "delivered"


def test_what_was_subscribed_after_the_change_is_said_to_be_later(server: LocalServer) -> None:
    _, arn = queue(server, "late")
    topic_arn = client(server, "sns").create_topic(Name="late", Attributes={"Policy": OPEN})["TopicArn"]
    notify(server, "late", "Topic", topic_arn)
    uri = put(server, "late", "a")
    server.advance(60)
    topic(server, "late", arn)
    verdict, because = told(server, uri, arn)
    assert verdict == "stopped" and "which is after the change" in because


def test_a_bus_names_the_field_that_its_pattern_missed_and_two_hops_are_followed(server: LocalServer) -> None:
    events, s3 = client(server, "events"), client(server, "s3")
    _, arn = queue(server, "behind")
    topic_arn, _ = topic(server, "behind", arn)
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "in/"}]}}}
    events.put_rule(Name="behind", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="behind", Targets=[{"Id": "t", "Arn": topic_arn}])
    s3.create_bucket(Bucket="behind")
    s3.put_bucket_notification_configuration(
        Bucket="behind", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    assert told(server, put(server, "behind", "in/a"), arn)[0] == "delivered"
    story = why(server, put(server, "behind", "out/a"), arn)
    assert story["verdict"] == "stopped"
    assert 'detail.object.key: wanted prefix "in/", saw "out/a"' in story["because"][0]
    assert [step["to"].rsplit(":", 1)[1] for step in story["ways"][0]["steps"]] == [
        "event-bus/default",
        "behind",
        "behind",
    ]
    server.advance(60)
    events.disable_rule(Name="behind")
    verdict, because = told(server, put(server, "behind", "in/b"), arn)
    assert verdict == "stopped" and "the rule is disabled" in because


def test_a_rule_that_was_disabled_since_is_not_taken_for_the_reason_of_a_delivery(
    server: LocalServer,
) -> None:
    events, s3 = client(server, "events"), client(server, "s3")
    _, arn = queue(server, "since")
    events.put_rule(Name="since", EventPattern=json.dumps({"detail": {"bucket": {"name": ["since"]}}}))
    events.put_targets(Rule="since", Targets=[{"Id": "t", "Arn": arn}])
    s3.create_bucket(Bucket="since")
    s3.put_bucket_notification_configuration(
        Bucket="since", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    uri = put(server, "since", "a")
    events.disable_rule(Name="since")
    assert told(server, uri, arn)[0] == "delivered"


def test_a_target_of_a_rule_that_refuses_says_until_when_it_is_tried(server: LocalServer) -> None:
    events, s3 = client(server, "events"), client(server, "s3")
    _, arn = queue(server, "until", None)
    events.put_rule(Name="until", EventPattern=json.dumps({"detail": {"bucket": {"name": ["until"]}}}))
    events.put_targets(Rule="until", Targets=[{"Id": "t", "Arn": arn}])
    s3.create_bucket(Bucket="until")
    s3.put_bucket_notification_configuration(
        Bucket="until", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    verdict, because = told(server, put(server, "until", "a"), arn)
    assert verdict == "waiting" and "does not let events.amazonaws.com send" in because
    assert "; next try 20" in because and ", the last one 20" in because


def test_a_function_that_fails_is_waited_for_and_then_dead(server: LocalServer) -> None:
    arn = make_function(server, "failing", BOOM)["FunctionArn"]
    let_s3_invoke(server, "failing")
    notify(server, "failing", "LambdaFunction", arn)
    uri = put(server, "failing", "a")
    server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "waiting" and "boom" in because and "the last one 20" in because
    for seconds in (61, 121):
        server.advance(seconds)
        server.settle()
    assert told(server, uri, arn)[0] == "dead"


def test_a_function_behind_a_queue_is_told_of_by_its_mapping(server: LocalServer) -> None:
    _, queue_arn = queue(server, "mapped")
    may = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    arn = make_function(server, "mapped", FINE, may=may)["FunctionArn"]
    made = client(server, "lambda").create_event_source_mapping(
        EventSourceArn=queue_arn, FunctionName="mapped", Enabled=False
    )
    arrive(server)
    client(server, "s3").create_bucket(Bucket="mapped")
    notify(server, "mapped", "Queue", queue_arn)
    uri = put(server, "mapped", "a")
    verdict, because = told(server, uri, arn)
    assert verdict == "waiting" and "the mapping is Disabled" in because
    client(server, "lambda").update_event_source_mapping(UUID=made["UUID"], Enabled=True)
    arrive(server)
    server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "delivered" and "ran with it" in because


def test_a_message_that_a_queue_gave_up_is_dead_for_the_function_behind_it(server: LocalServer) -> None:
    _, letters = queue(server, "poison-letters")
    url, queue_arn = queue(server, "poison")
    redrive = json.dumps({"deadLetterTargetArn": letters, "maxReceiveCount": 1})
    client(server, "sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "30"}
    )
    may = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    arn = make_function(server, "poison", BOOM, may=may, Timeout=10)["FunctionArn"]
    client(server, "lambda").create_event_source_mapping(EventSourceArn=queue_arn, FunctionName="poison")
    arrive(server)
    notify(server, "poison", "Queue", queue_arn)
    uri = put(server, "poison", "a")
    server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "waiting" and "failed with it" in because and "boom" in because
    server.advance(31)
    server.settle()
    client(server, "sqs").receive_message(QueueUrl=url)
    verdict, because = told(server, uri, arn)
    assert (
        verdict == "dead"
        and f"the queue {queue_arn} gave it up" in because
        and f"; {letters} has it" in because
    )
    verdict, because = told(server, uri, queue_arn)
    assert verdict == "delivered" and f"; {letters} has it" in because
    verdict, because = told(server, uri, letters)
    assert (
        verdict == "delivered"
        and "it has the message " in because
        and f" of {queue_arn}, since 20" in because
    )


def test_one_of_very_many_subscriptions_is_known_to_have_been_served_in_steps(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "MAX_LOOKED_AT", 1)  # after the first block of 64 the others follow in steps
    sns = client(server, "sns")
    topic_arn = sns.create_topic(Name="wide", Attributes={"Policy": OPEN})["TopicArn"]
    nothing = {"FilterPolicy": '{"x": ["y"]}'}
    for number in range(64):
        endpoint = f"arn:aws:sqs:us-east-1:{ACCOUNT}:wide-{number}"
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=endpoint, Attributes=nothing)
    _, arn = queue(server, "last-of-all")
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    notify(server, "wide", "Topic", topic_arn)
    uri = put(server, "wide", "a")
    server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "unknown" and f"{topic_arn} passed it on in several steps" in because


FILTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("MessageBody", {}),
    "prefix": ("MessageBody", {"Records": {"s3": {"object": {"key": [{"prefix": "in/"}]}}}}),
    "size": ("MessageBody", {"Records": {"s3": {"object": {"size": [{"numeric": ["<", 5]}]}}}}),
    "either": (
        "MessageBody",
        {"$or": [{"Records": {"eventName": [{"prefix": "ObjectRemoved"}]}}, {"x": ["y"]}]},
    ),
    "attribute": ("MessageAttributes", {"x": ["y"]}),
}


def test_what_is_explained_is_what_has_happened(server: LocalServer) -> None:
    topic_arn = client(server, "sns").create_topic(Name="same", Attributes={"Policy": OPEN})["TopicArn"]
    arns = {}
    for name, (scope, policy) in FILTERS.items():
        _, arns[name] = queue(server, f"same-{name}")
        attributes = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": scope} if policy else {}
        client(server, "sns").subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=arns[name], Attributes=attributes
        )
    notify(server, "same", "Topic", topic_arn, suffix=".csv")
    s3 = client(server, "s3")
    for key, body in (("in/a.csv", b"1"), ("in/b.csv", b"123456"), ("out/c.csv", b""), ("in/d.txt", b"")):
        s3.put_object(Bucket="same", Key=key, Body=body)
        told_in_commit = json.loads(run_cli(server, "trace", f"s3://same/{key}", "--json")[0])[0][
            "deliveries"
        ]
        got = {taken["arn"] for taken in told_in_commit if taken["state"] == "delivered"}
        for arn in arns.values():
            story = why(server, f"s3://same/{key}", arn)
            assert (story["verdict"] == "delivered") == (arn in got)
            (way,) = story["ways"]
            assert all(step["why_not"] is None for step in way["steps"]) == (arn in got)


def test_names_with_control_characters_do_not_reach_the_terminal(server: LocalServer) -> None:
    client(server, "s3").create_bucket(Bucket="hostile")
    put(server, "hostile", "a\x1b[31m[bold]\x07b")
    target = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q\x1b[2J"
    out, _ = run_cli(server, "why", "s3://hostile/a%1B%5B31m%5Bbold%5D%07b", "--target", target)
    assert "\x1b" not in out and "\x07" not in out and "\\x1b[31m[bold]\\x07b" in out


def test_what_is_asked_wrongly_is_refused(server: LocalServer) -> None:
    with pytest.raises(StartError, match="target must be an ARN"):
        run_cli(server, "why", "s3://plain/in/a.csv", "--target", "plain")
    with pytest.raises(StartError, match="no such change of"):
        run_cli(server, "why", "s3://plain/never", "--target", "arn:aws:sqs:us-east-1:1:q")
    with pytest.raises(StartError, match="is no s3://"):
        run_cli(server, "why", "plain", "--target", "arn:aws:sqs:us-east-1:1:q")


def test_a_mapping_that_leaves_a_message_out_is_named_with_the_field(server: LocalServer) -> None:
    _, queue_arn = queue(server, "sifted")
    notify(server, "sifted", "Queue", queue_arn)
    actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    arn = make_function(server, "sifts", FINE, may=actions)["FunctionArn"]
    pattern = json.dumps({"body": {"Records": {"s3": {"object": {"size": [{"numeric": [">", 5]}]}}}}})
    client(server, "lambda").create_event_source_mapping(
        FunctionName="sifts", EventSourceArn=queue_arn, FilterCriteria={"Filters": [{"Pattern": pattern}]}
    )
    arrive(server)
    uri = put(server, "sifted", "k")
    server.settle()
    verdict, because = told(server, uri, arn)
    assert verdict == "filtered"
    assert (
        "the mapping's filter left this message out: body.Records.s3.object.size: wanted numeric > 5"
        in because
    )
    assert "left out by" in run_cli(server, "trace", uri)[0]
