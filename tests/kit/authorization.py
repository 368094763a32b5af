"""Requests for every operation of the services, and what the server asks its policies for each of them."""

import base64
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.model import Shape

from penstock.access import Context, Decision, Keys, Principal, decide
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config
from tests.kit.functions import make_function, make_queue

ROLE = f"arn:aws:iam::{ACCOUNT}:role/asked"
OTHER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/asking"
POLICY = f"arn:aws:iam::{ACCOUNT}:policy/asked"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/asked.example.com"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:asked"
SCHEDULE_GROUP_ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/asked"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:asked"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:asked"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:asked"
CONNECTION_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:connection/asked/1"
BUS_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/asked"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/asked"
TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": ACCOUNT, "Service": ["lambda.amazonaws.com", "pipes.amazonaws.com"]},
    "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
# Names what is looked up only when a policy asks for it; nothing has such a tag.
CURIOUS = EVERYTHING | {
    "Condition": {"StringNotEquals": {"s3:ExistingObjectTag/none": "x", "aws:ResourceTag/none": "x"}}
}
TAGS = [{"Key": "team", "Value": "red"}]
_SESSION_TAGS = {"Tags": TAGS, "TransitiveTagKeys": ["team"], "SourceIdentity": "somebody"}
PIPE_ARN = f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/asked"
REGISTRY_ARN = f"arn:aws:schemas:{REGION}:{ACCOUNT}:registry/asked"
KMS_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
_ROTATION = {
    "RotationLambdaARN": FUNCTION_ARN,
    "ExternalSecretRotationRoleArn": ROLE,
    "RotationRules": {"AutomaticallyAfterDays": 9},
}
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:asked"
_ALARM = {
    "Namespace": "n",
    "MetricName": "m",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
_PIPE = {"Source": QUEUE_ARN, "Target": TOPIC_ARN, "RoleArn": ROLE, "DesiredState": "STOPPED"}
LATER = "2030-01-01T00:00:00Z"

# What destroys or empties something comes after all others, and last of it what others need.
_LATE = ("Delete", "Remove", "Untag", "Detach", "Abort", "Cancel", "Purge", "UpdateAssumeRolePolicy")
_LAST = ("DeleteBucket", "DeleteObject", "DeleteObjects", "DeleteEventSourceMapping", "DeleteFunction", "DeleteQueue",
         "DeleteLogStream", "DeleteLogGroup", "Unsubscribe", "DeleteTopic", "DeleteRule", "DeleteArchive",
         "DeleteEventBus", "DeleteSchedule", "DeleteScheduleGroup", "DeleteRole", "DeleteUser", "DeleteGroup",
         "DeletePolicy", "DeleteOpenIDConnectProvider", "DeletePipe", "DeleteDiscoverer", "DeleteSchemaVersion",
         "DeleteSchema", "DeleteRegistry", "DeleteSecret", "DeleteAlarms", "DeleteDashboards")  # fmt: skip


class Question(NamedTuple):
    """What the server asked its policies: the action, on which ARN, with which condition keys."""

    action: str
    resource: str
    context: Keys

    @property
    def keys(self) -> set[str]:
        """Returns the names of the condition keys."""
        return set(self.context)


class Recorder:
    """Stands in the way of the decisions; keeps those about the caller of the samples."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.questions: list[Question] = []
        for module in ("penstock.server.gateway", "penstock.services.sts.role_session"):
            patch.setattr(f"{module}.decide", self._decide)

    def _decide(
        self, principal: Principal, action: str, resource: str, context: Context, policy: Any, account: str
    ) -> Decision:
        if principal.role_arn == OTHER_ROLE:
            self.questions.append(Question(action, resource, dict(context.items())))
        return decide(principal, action, resource, context, policy, account)


class World:
    """One of each resource, with tags, and clients of a role that may do everything."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self._clients: dict[str, Any] = {}
        self._iam()
        self.queue, _ = make_queue(server, "asked")
        dead, self.dead = make_queue(server, "asked-dead")
        redrive = json.dumps({"deadLetterTargetArn": self.dead, "maxReceiveCount": "1"})
        sqs = server.client("sqs")
        sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"RedrivePolicy": redrive})
        for url in (self.queue, dead):
            sqs.tag_queue(QueueUrl=url, Tags={"team": "red"})
        self._s3()
        self._lambda()
        server.client("scheduler").create_schedule_group(Name="asked", Tags=TAGS)
        self._sns()
        self._events()
        self._pipes_and_schemas()
        cloudwatch = self._server.client("cloudwatch")
        cloudwatch.put_metric_alarm(AlarmName="asked", **_ALARM, Tags=TAGS)
        cloudwatch.put_dashboard(DashboardName="asked", DashboardBody='{"widgets": []}', Tags=TAGS)
        self._server.client("secretsmanager").create_secret(Name="asked", SecretString="s", Tags=TAGS)
        logs = server.client("logs")
        logs.create_log_group(logGroupName="asked", tags={"team": "red"})
        logs.create_log_stream(logGroupName="asked", logStreamName="stream")

    def client(self, service: str) -> Any:
        """Returns a client of the role."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self._server.endpoint,
                region_name=REGION,
                verify=str(self._server.ca_bundle),
                config=client_config(),
                **self._credentials,
            )
        return self._clients[service]

    def ask(self, service: str, operation: str) -> None:
        """Sends each sample of the operation, whatever the answer."""
        model = self.client(service).meta.service_model.operation_model(operation)
        shape = model.input_shape
        for more in self._samples(service).get(operation, [{}]):
            params = {
                name: self._value(name, shape.members[name])
                for name in (shape.required_members if shape else ())
                if name not in more
            }
            try:
                answer = self.client(service)._make_api_call(operation, params | more)
                for value in answer.values():
                    if hasattr(value, "close"):  # a stream, which holds its connection until somebody ends it
                        value.close()
            except ClientError as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] < 500 or "NotImplemented" in str(
                    error
                )

    def _iam(self) -> None:
        iam = self._server.client("iam")
        document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        for name in ("asked", "asking"):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, Tags=TAGS)
            may = json.dumps(
                {"Version": "2012-10-17", "Statement": [CURIOUS if name == "asking" else EVERYTHING]}
            )
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=may)
        iam.create_policy(PolicyName="asked", PolicyDocument=may, Tags=TAGS)
        iam.put_role_permissions_boundary(RoleName="asked", PermissionsBoundary=POLICY)
        iam.create_user(UserName="asked", PermissionsBoundary=POLICY, Tags=TAGS)
        iam.create_group(GroupName="asked")
        iam.create_open_id_connect_provider(Url="https://asked.example.com", ClientIDList=["x"], Tags=TAGS)
        iam.create_instance_profile(InstanceProfileName="asked", Tags=TAGS)
        self.key = iam.create_access_key(UserName="asked")["AccessKey"]["AccessKeyId"]
        found = self._server.client("sts").assume_role(RoleArn=OTHER_ROLE, RoleSessionName="me")[
            "Credentials"
        ]
        self._credentials = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def _s3(self) -> None:
        s3 = self._server.client("s3")
        s3.create_bucket(Bucket="asked", CreateBucketConfiguration={"Tags": TAGS})
        s3.put_bucket_abac(Bucket="asked", AbacStatus={"Status": "Enabled"})
        for key in ("key", "other"):
            s3.put_object(Bucket="asked", Key=key, Body=b"x", Tagging="team=red")
        self.upload = s3.create_multipart_upload(Bucket="asked", Key="key")["UploadId"]

    def _lambda(self) -> None:
        make_function(
            self._server, "asked", "def handler(event, context):\n    pass\n", Role=ROLE, Tags={"team": "red"}
        )
        mapping = self._server.client("lambda").create_event_source_mapping(
            FunctionName="asked", EventSourceArn=QUEUE_ARN, Enabled=False, Tags={"team": "red"}
        )
        self.mapping, self.mapping_arn = mapping["UUID"], mapping["EventSourceMappingArn"]

    def _sns(self) -> None:
        sns = self._server.client("sns")
        sns.create_topic(Name="asked", Tags=TAGS)
        made = sns.subscribe(
            TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=self.dead, ReturnSubscriptionArn=True
        )
        self.subscription = made["SubscriptionArn"]

    def _events(self) -> None:
        events = self._server.client("events")
        events.create_event_bus(Name="asked", Tags=TAGS)
        events.put_rule(Name="asked", EventPattern=json.dumps(_PATTERN), Tags=TAGS)
        events.create_archive(ArchiveName="asked", EventSourceArn=BUS_ARN)

    def _pipes_and_schemas(self) -> None:
        stopped = {"Name": "asked", "Source": QUEUE_ARN, "Target": TOPIC_ARN, "DesiredState": "STOPPED"}
        for name in ("asked", "other"):
            self._server.client("pipes").create_pipe(
                **stopped | {"Name": name}, RoleArn=ROLE, Tags={"team": "red"}
            )
        self._server.settle()
        schemas = self._server.client("schemas")
        schemas.create_registry(RegistryName="asked", Tags={"team": "red"})
        schemas.create_schema(
            RegistryName="asked",
            SchemaName="asked",
            Type="JSONSchemaDraft4",
            Content="{}",
            Tags={"team": "red"},
        )
        made = schemas.create_discoverer(SourceArn=BUS_ARN, Tags={"team": "red"})
        self.discoverer = made["DiscovererId"]

    def _value(self, name: str, shape: Shape) -> Any:
        values: dict[str, Any] = {
            "Bucket": "asked", "Key": "key", "UploadId": self.upload, "CopySource": "asked/key", "QueueUrl": self.queue,
            "QueueName": "asked", "FunctionName": "asked", "UUID": self.mapping, "Resource": FUNCTION_ARN,
            "RoleName": "asked", "UserName": "asked", "GroupName": "asked", "AccessKeyId": self.key,
            "PermissionsBoundary": POLICY, "PolicyArn": POLICY, "PolicyName": "may", "RoleArn": ROLE, "VersionId": "v1",
            "logGroupName": "asked", "logStreamName": "stream", "resourceArn": GROUP_ARN, "SourceArn": self.dead,
            "TopicArn": TOPIC_ARN, "SubscriptionArn": self.subscription, "ArchiveName": "asked", "Rule": "asked",
            "ReplayName": "asked", "InstanceProfileName": "asked", "PolicySourceArn": ROLE,
            "OpenIDConnectProviderArn": PROVIDER, "SecretId": "asked", "RegistryName": "asked", "SchemaName": "asked",
            "DiscovererId": self.discoverer,
            "EventSourceArn": BUS_ARN, "TargetArn": QUEUE_ARN,
            "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]}),
        }  # fmt: skip
        if name in values:
            return values[name]
        made: Any = _of_type(shape)
        return made

    def _samples(self, service: str) -> dict[str, list[dict[str, Any]]]:
        version = {"VersionId": "null"}
        samples: dict[str, dict[str, list[dict[str, Any]]]] = {
            "s3": {
                **{name: [{}, version] for name in _ON_VERSIONS},
                "CopyObject": [_COPY, {"Key": "copy", "CopySource": "asked/key?versionId=null"}, {"Key": "copy"}],
                "CreateBucket": [_CREATE],
                "CreateMultipartUpload": [_WRITE, _TAGGED],
                "DeleteObject": [version | {"IfMatch": '"x"'}, {"IfMatch": '"x"'}],
                "DeleteObjectTagging": [{}, {"Key": "other", **version}],
                "DeleteObjects": [{"Delete": {"Objects": [{"Key": "a", "ETag": "x"}, {"Key": "a", **version}]}}],
                "GetObjectAttributes": [{"ObjectAttributes": ["ETag"], **more} for more in ({}, version)],
                "ListObjects": [_LISTING],
                "ListObjectsV2": [_LISTING],
                "ListObjectVersions": [_LISTING],
                "PutBucketAcl": [{"ACL": "private", "GrantWrite": "id=1", **_GRANTS}],
                "PutBucketAbac": [{"AbacStatus": {"Status": "Enabled"}}],
                "PutBucketPolicy": [{"Policy": "{}"}],
                "PutObject": [{"Key": "put", **_PLAIN}, {"IfMatch": '"x"', **_TAGGED}, _WRITE, _GRANTS, _LOCK, _SSE_C],
                "PutObjectAcl": [{"ACL": "private", "GrantWrite": "id=1", **_GRANTS, **more} for more in ({}, version)],
                "PutObjectTagging": [{"Tagging": {"TagSet": TAGS}, **more} for more in ({}, version)],
                "UploadPart": [{"PartNumber": 1}],
                "UploadPartCopy": [{"PartNumber": 1}, {"PartNumber": 1, "CopySource": "asked/key?versionId=null"}],
            },
            "sqs": {
                "CreateQueue": [{"tags": {"team": "red"}}],
                "TagQueue": [{"Tags": {"team": "red"}}],
                "UntagQueue": [{"TagKeys": ["x"]}],
                "CancelMessageMoveTask": [{"TaskHandle": _handle(self.dead)}],
            },
            "lambda": {
                "AddPermission": [_PERMISSION, {**_PERMISSION, "FunctionUrlAuthType": "NONE", "StatementId": "url"}],
                "CreateAlias": [{"FunctionVersion": "$LATEST"}],
                "AddLayerVersionPermission": [{"Action": "lambda:GetLayerVersion", "Principal": "*"}],
                "CreateFunction": [_NEW | _LAYERED, _NEW, _NEW | _REFUSED],
                "GetLayerVersionByArn": [{"Arn": _LAYERED["Layers"][0]}],
                "CreateEventSourceMapping": [{"EventSourceArn": QUEUE_ARN, "Tags": {"team": "red"}}],
                "GetProvisionedConcurrencyConfig": [{"Qualifier": "$LATEST"}],
                "Invoke": [{"InvocationType": "DryRun"}],
                "ListTags": [{}, {"Resource": self.mapping_arn}],
                "RemovePermission": [{"StatementId": "sid"}],
                "TagResource": [{"Tags": {"team": "red"}}, {"Tags": {"a": "b"}, "Resource": self.mapping_arn}],
                "UntagResource": [{"TagKeys": ["x"]}, {"TagKeys": ["x"], "Resource": self.mapping_arn}],
                "UpdateFunctionUrlConfig": [{"AuthType": "NONE"}],
                "UpdateFunctionConfiguration": [_LAYERED, {"Role": OTHER_ROLE}, _REFUSED_LATER],
            },
            "iam": {
                "CreateRole": [
                    {
                        "RoleName": "new",
                        "AssumeRolePolicyDocument": json.dumps(_TRUSTING),
                        "PermissionsBoundary": POLICY,
                        "Tags": TAGS,
                    }
                ],
                "CreateUser": [{"UserName": "new", "PermissionsBoundary": POLICY, "Tags": TAGS}],
                "CreateGroup": [{"GroupName": "new"}],
                "DeleteRolePermissionsBoundary": [{"RoleName": "new"}],
                "DeleteUserPermissionsBoundary": [{"UserName": "new"}],
                "UpdateAccessKey": [{"UserName": "asked", "Status": "Inactive"}],
                **{name: [{"UserName": "asked"}] for name in _OF_CALLER},
                "TagUser": [{"Tags": TAGS}],
                "UntagUser": [{"TagKeys": ["x"]}],
                "CreatePolicy": [{"PolicyName": "new", "Tags": TAGS}],
                "TagRole": [{"Tags": TAGS}],
                "UntagRole": [{"TagKeys": ["x"]}],
                "CreateInstanceProfile": [{"InstanceProfileName": "new", "Tags": TAGS}],
                "TagInstanceProfile": [{"Tags": TAGS}],
                "UntagInstanceProfile": [{"TagKeys": ["x"]}],
                "CreateOpenIDConnectProvider": [{"Url": "https://new.example.com", "Tags": TAGS}],
                "TagOpenIDConnectProvider": [{"Tags": TAGS}],
                "UpdateOpenIDConnectProviderThumbprint": [{"ThumbprintList": ["a" * 40]}],
                "UntagOpenIDConnectProvider": [{"TagKeys": ["x"]}],
                "CreateServiceLinkedRole": [{"AWSServiceName": "ssm.amazonaws.com"}],
                "GetServiceLinkedRoleDeletionStatus": [
                    {"DeletionTaskId": "task/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM/1"}
                ],
                "CreateLoginProfile": [{"UserName": "asked", "Password": "long-enough-1A"}],
                "TagPolicy": [{"Tags": TAGS}],
                "UntagPolicy": [{"TagKeys": ["x"]}],
            },
            "scheduler": {
                **{name: [{"Name": "asked"}] for name in _ON_SCHEDULES},
                "CreateSchedule": [_SCHEDULE | {"Name": "new"}],
                "CreateScheduleGroup": [{"Name": "new", "Tags": TAGS}],
                "UpdateSchedule": [_SCHEDULE | {"Name": "asked"}],
                "ListTagsForResource": [{"ResourceArn": SCHEDULE_GROUP_ARN}],
                "TagResource": [{"ResourceArn": SCHEDULE_GROUP_ARN, "Tags": TAGS}],
                "UntagResource": [{"ResourceArn": SCHEDULE_GROUP_ARN, "TagKeys": ["x"]}],
            },
            "cloudwatch": {
                **{
                    name: [{"AlarmNames": ["asked"]}]
                    for name in ("DeleteAlarms", "DescribeAlarms", "EnableAlarmActions", "DisableAlarmActions")
                },
                "DeleteDashboards": [{"DashboardNames": ["asked"]}],
                "DescribeAlarmHistory": [{"AlarmName": "asked"}],
                "DescribeAlarmsForMetric": [{"Namespace": "n", "MetricName": "m"}],
                "GetDashboard": [{"DashboardName": "asked"}],
                "GetMetricData": [{"MetricDataQueries": [{"Id": "a", "Expression": "1"}]}],
                "GetMetricStatistics": [{"Namespace": "n", "Period": 60, "Statistics": ["Sum"]}],
                "GetMetricWidgetImage": [{"MetricWidget": "{}"}],
                "ListTagsForResource": [{"ResourceARN": ALARM_ARN}],
                "PutCompositeAlarm": [
                    {"AlarmName": "both", "AlarmRule": "ALARM(asked)", "AlarmActions": [TOPIC_ARN], "Tags": TAGS}
                ],
                "PutDashboard": [{"DashboardName": "new", "DashboardBody": '{"widgets": []}', "Tags": TAGS}],
                "PutMetricAlarm": [{"AlarmName": "new", **_ALARM, "AlarmActions": [TOPIC_ARN], "Tags": TAGS}],
                "PutMetricData": [{"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1}]}],
                "SetAlarmState": [{"AlarmName": "asked", "StateValue": "OK"}],
                "TagResource": [{"ResourceARN": ALARM_ARN, "Tags": TAGS}],
                "UntagResource": [{"ResourceARN": ALARM_ARN, "TagKeys": ["x"]}],
            },
            "pipes": {
                **{name: [{"Name": "asked"}] for name in ("DescribePipe", "DeletePipe")},
                **{name: [{"Name": "other"}] for name in ("StartPipe", "StopPipe")},
                "CreatePipe": [{"Name": "new", **_PIPE, "Tags": {"team": "red"}}],
                "UpdatePipe": [{"Name": "asked", "RoleArn": ROLE}],
                "ListTagsForResource": [{"resourceArn": PIPE_ARN}],
                "TagResource": [{"resourceArn": PIPE_ARN, "tags": {"team": "red"}}],
                "UntagResource": [{"resourceArn": PIPE_ARN, "tagKeys": ["x"]}],
            },
            "schemas": {
                "CreateDiscoverer": [{"SourceArn": BUS_ARN, "Tags": {"team": "red"}}],
                "CreateRegistry": [{"RegistryName": "new", "Tags": {"team": "red"}}],
                "CreateSchema": [
                    {"SchemaName": "new", "Type": "JSONSchemaDraft4", "Content": "{}", "Tags": {"team": "red"}}
                ],
                "ListTagsForResource": [{"ResourceArn": REGISTRY_ARN}],
                "TagResource": [{"ResourceArn": REGISTRY_ARN, "Tags": {"team": "red"}}],
                "UntagResource": [{"ResourceArn": REGISTRY_ARN, "TagKeys": ["x"]}],
            },
            "secretsmanager": {
                "CreateSecret": [
                    {
                        "Name": "new",
                        "Description": "d",
                        "KmsKeyId": KMS_ARN,
                        "ForceOverwriteReplicaSecret": True,
                        "AddReplicaRegions": [{"Region": "eu-west-1"}],
                        "Type": "t",
                        "Tags": TAGS,
                    }
                ],
                "DeleteSecret": [{"RecoveryWindowInDays": 7}, {"ForceDeleteWithoutRecovery": True}],
                "GetSecretValue": [{"VersionId": "v" * 32, "VersionStage": "AWSCURRENT"}],
                "PutResourcePolicy": [{"ResourcePolicy": "{}", "BlockPublicPolicy": True}],
                "RotateSecret": [_ROTATION],
                "TagResource": [{"Tags": TAGS}],
                "UpdateSecret": [{"Description": "d", "KmsKeyId": KMS_ARN, "Type": "t"}],
                "ValidateResourcePolicy": [{"SecretId": "asked", "ResourcePolicy": "{}"}],
                "UpdateSecretVersionStage": [{"VersionStage": "mine"}],
            },
            "sts": {
                "AssumeRole": [
                    {"RoleArn": OTHER_ROLE, "RoleSessionName": "me", "ExternalId": "external", **_SESSION_TAGS}
                ]
            },
            "sns": {
                "AddPermission": [{"Label": "new", "AWSAccountId": [ACCOUNT], "ActionName": ["Publish"]}],
                "ConfirmSubscription": [{"Token": "none"}],
                "CreateTopic": [{"Name": "new", "Tags": TAGS, "Attributes": {"SQSFailureFeedbackRoleArn": ROLE}}],
                "Publish": [{"TopicArn": TOPIC_ARN, "Message": "x"}],
                "PublishBatch": [{"PublishBatchRequestEntries": [{"Id": "a", "Message": "x"}]}],
                "SetSubscriptionAttributes": [{"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}],
                "SetTopicAttributes": [{"AttributeName": "SQSFailureFeedbackRoleArn", "AttributeValue": ROLE}],
                "Subscribe": [{"Protocol": "sqs", "Endpoint": QUEUE_ARN}],
                "TagResource": [{"ResourceArn": TOPIC_ARN, "Tags": TAGS}],
                "UntagResource": [{"ResourceArn": TOPIC_ARN, "TagKeys": ["x"]}],
                "ListTagsForResource": [{"ResourceArn": TOPIC_ARN}],
            },
            "events": {
                **{name: [{"Name": "asked"}] for name in _ON_NAMES},
                "CreateApiDestination": [{"Name": "new", "ConnectionArn": CONNECTION_ARN}],
                "CreateConnection": [_CONNECTION],
                "CreateArchive": [{"ArchiveName": "new", "EventSourceArn": BUS_ARN}],
                "CreateEventBus": [{"Name": "new", "Tags": TAGS}],
                "ListRuleNamesByTarget": [{"TargetArn": QUEUE_ARN}],
                "PutEvents": [{"Entries": [_EVENT]}],
                "PutPermission": [{"Action": "events:PutEvents", "Principal": ACCOUNT, "StatementId": "asked"}],
                "PutRule": [{"Name": "asked", "EventPattern": json.dumps(_PATTERN), "RoleArn": ROLE, "Tags": TAGS}],
                "PutTargets": [{"Rule": "asked", "Targets": [{"Id": "1", "Arn": QUEUE_ARN, "RoleArn": ROLE}]}],
                "RemovePermission": [{"StatementId": "asked"}],
                "RemoveTargets": [{"Rule": "asked", "Ids": ["1"]}],
                "StartReplay": [_REPLAY],
                "TagResource": [{"ResourceARN": arn, "Tags": TAGS} for arn in (BUS_ARN, RULE_ARN)],
                "UntagResource": [{"ResourceARN": arn, "TagKeys": ["x"]} for arn in (BUS_ARN, RULE_ARN)],
                "ListTagsForResource": [{"ResourceARN": arn} for arn in (BUS_ARN, RULE_ARN)],
                "TestEventPattern": [{"EventPattern": '{"source": ["a"]}', "Event": "{}"}],
            },
            "logs": {
                "AssociateKmsKey": [{"logGroupName": "asked"}],
                "DisassociateKmsKey": [{"logGroupName": "asked"}],
                "CreateLogGroup": [{"logGroupName": "new", "tags": {"team": "red"}}],
                "CreateLogStream": [{"logStreamName": "new"}],
                "DescribeLogStreams": [{"logGroupName": "asked"}],
                "FilterLogEvents": [{"logGroupName": "asked"}],
                "GetLogEvents": [{"logGroupName": "asked", "logStreamName": "stream"}],
                "GetLogGroupFields": [{"logGroupName": "asked"}],
                "DescribeMetricFilters": [{"logGroupName": "asked"}],
                "StartLiveTail": [{"logGroupIdentifiers": [GROUP_ARN, GROUP_ARN]}],
                "StartQuery": [{"logGroupName": "asked", "queryString": "fields @message"}],
                "PutSubscriptionFilter": [{"destinationArn": FUNCTION_ARN}],
                "TagLogGroup": [{"tags": {"team": "red"}}],
                "TagResource": [{"tags": {"team": "red"}}],
                "UntagLogGroup": [{"tags": ["x"]}],
                "UntagResource": [{"tagKeys": ["x"]}],
            },
        }  # fmt: skip
        return samples[service]


def in_order(operations: Iterable[str]) -> list[str]:
    """Returns the operations so that what one needs is still there."""
    return sorted(
        operations,
        key=lambda name: (_LAST.index(name) + 2 if name in _LAST else name.startswith(_LATE), name),
    )


def _of_type(shape: Any) -> Any:
    match shape.type_name:
        case "structure":
            return {name: _of_type(shape.members[name]) for name in shape.required_members}
        case "list":
            return [_of_type(shape.member)]
        case "map":
            return {"a": "b"}
        case "integer" | "long":
            return 1
        case "boolean":
            return True
        case "blob":
            return b"{}"
        case "timestamp":
            return LATER
    return shape.enum[0] if getattr(shape, "enum", None) else "asked"


def _handle(source: str) -> str:
    return base64.b64encode(json.dumps({"taskId": "none", "sourceArn": source}).encode()).decode()


_ON_SCHEDULES = ("GetSchedule", "DeleteSchedule", "GetScheduleGroup", "DeleteScheduleGroup")
_SCHEDULE = {
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": QUEUE_ARN, "RoleArn": ROLE},
}
_ON_NAMES = ("DescribeRule", "DisableRule", "EnableRule", "DeleteRule", "DescribeEventBus", "UpdateEventBus",
             "DeleteEventBus")  # fmt: skip
_PATTERN = {
    "source": ["a"],
    "detail-type": ["b"],
    "detail": {"userIdentity": {"principalId": ["p"]}, "service": ["s"], "eventTypeCode": ["e"]},
}
_EVENT = {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": "asked"}
_CONNECTION = {
    "Name": "new",
    "AuthorizationType": "API_KEY",
    "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
}
_REPLAY = {
    "EventSourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:archive/asked",
    "EventStartTime": "2020-01-01T00:00:00Z",
    "EventEndTime": LATER,
    "Destination": {"Arn": BUS_ARN},
}
_OF_CALLER = (
    "GetUser",
    "CreateAccessKey",
    "ListAccessKeys",
    "DeleteAccessKey",
    "GetLoginProfile",
    "DeleteLoginProfile",
    "ListMFADevices",
    "ListSSHPublicKeys",
    "ListSigningCertificates",
    "ListServiceSpecificCredentials",
)
_ON_VERSIONS = ("GetObject", "HeadObject", "GetObjectAcl", "GetObjectTagging")
_LISTING = {"Prefix": "k", "Delimiter": "/", "MaxKeys": 1}
_GRANTS = dict.fromkeys(("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP"), "id=1")
_PLAIN = {"ACL": "private", "StorageClass": "STANDARD", "ServerSideEncryption": "AES256", "IfNoneMatch": "*"}
_WRITE = {
    "ACL": "private",
    "StorageClass": "STANDARD",
    "ServerSideEncryption": "aws:kms",
    "SSEKMSKeyId": "key",
    "WebsiteRedirectLocation": "/elsewhere",
    "Tagging": "team=red",
}
_TAGGED = {"Tagging": "team=red"}
_COPY = {"Key": "copy", "MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE", **_TAGGED}
_LOCK = {
    "ObjectLockMode": "GOVERNANCE",
    "ObjectLockRetainUntilDate": LATER,
    "ObjectLockLegalHoldStatus": "ON",
}
_SSE_C = {"Key": "put", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
_CREATE = {
    "Bucket": "asked-new",
    "ACL": "private",
    "ObjectOwnership": "BucketOwnerEnforced",
    "BucketNamespace": "global",
    "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1", "Tags": TAGS},
    **_GRANTS,
    "GrantWrite": "id=1",
}
_LAYERED = {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]}
_PERMISSION = {"StatementId": "sid", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
_NEW = {
    "FunctionName": "new",
    "Role": ROLE,
    "Runtime": "python3.11",
    "Handler": "a.b",
    "Code": {},
    "Tags": {"a": "b"},
}
_REFUSED_LATER = {
    "Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"],
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
}
_REFUSED = {
    "CodeSigningConfigArn": "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0123456789abcdef0",
    **_REFUSED_LATER,
}
_TRUSTING = {"Version": "2012-10-17", "Statement": [TRUST]}
