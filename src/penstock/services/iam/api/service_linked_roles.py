"""Service-linked roles: roles of a service's own making, which only it may change.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

import orjson

from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.api.authorize import linked_path, role_operation
from penstock.services.iam.api.roles import create_linked_role, delete_linked_role
from penstock.services.iam.state import IamState

_NAMES = {
    "apidestinations.events.amazonaws.com": "AmazonEventBridgeApiDestinations",
    "contributorinsights.dynamodb.amazonaws.com": "DynamoDBCloudWatchContributorInsights",
    "dynamodb.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_DynamoDBTable",
    "events.amazonaws.com": "CloudWatchEvents",
    "kinesisreplication.dynamodb.amazonaws.com": "DynamoDBKinesisDataStreamsReplication",
    "replication.dynamodb.amazonaws.com": "DynamoDBReplication",
    "lambda.amazonaws.com": "Lambda",
    "replicator.lambda.amazonaws.com": "LambdaReplicator",
    "schemas.amazonaws.com": "Schemas",
    "ssm.amazonaws.com": "AmazonSSM",
}
"""What comes after ``AWSServiceRoleFor``, by service: those that belong to services of this server."""
_TASK = "task"
_SUCCEEDED = "SUCCEEDED"


def _new_arn(iam: IamState, call: Call, params: Params) -> str:
    service = params["AWSServiceName"]
    name = _role_name(service, params.get("CustomSuffix"))
    return f"arn:aws:iam::{call.account}:role{linked_path(service)}{name}"


def _context(iam: IamState, call: Call, params: Params) -> dict[str, str]:
    return {"iam:AWSServiceName": params["AWSServiceName"]}


@operation(
    "CreateServiceLinkedRole", action="iam:CreateServiceLinkedRole", resource=_new_arn, context=_context
)
async def create_service_linked_role(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the new role, which only the service may assume; it has no policies here, where no service needs it."""
    service = params["AWSServiceName"]
    if service not in _NAMES:
        raise errors.no_linked_role(service)
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": _role_name(service, params.get("CustomSuffix")),
        "Path": linked_path(service),
        "AssumeRolePolicyDocument": orjson.dumps({"Version": "2012-10-17", "Statement": [trust]}).decode(),
    }
    if "Description" in params:
        role["Description"] = params["Description"]
    return await iam.store.write(create_linked_role, call.account, role)


@role_operation("DeleteServiceLinkedRole")
async def delete_service_linked_role(iam: IamState, call: Call, params: Params) -> Params:
    """Deletes the role, which nothing uses, at once; the task that is named has been done."""
    path = await iam.store.write(delete_linked_role, call.account, params["RoleName"])
    return {"DeletionTaskId": f"{_TASK}{path}{params['RoleName']}/{call.request_id}"}


@operation("GetServiceLinkedRoleDeletionStatus", action=None)
async def get_service_linked_role_deletion_status(iam: IamState, call: Call, params: Params) -> Params:
    """Returns that the task has succeeded, as each has that was ever named."""
    parts = params["DeletionTaskId"].split("/")
    if len(parts) != 5 or parts[0] != _TASK or linked_path(parts[2]) != f"/{parts[1]}/{parts[2]}/":
        raise errors.invalid_input(f"Invalid DeletionTaskId {params['DeletionTaskId']}")
    arn = f"arn:aws:iam::{call.account}:role{linked_path(parts[2])}{parts[3]}"
    await call.authorize("iam:GetServiceLinkedRoleDeletionStatus", arn)
    return {"Status": _SUCCEEDED}


def _role_name(service: str, suffix: str | None) -> str:
    name = f"AWSServiceRoleFor{_NAMES.get(service, '')}"
    return f"{name}_{suffix}" if suffix else name
