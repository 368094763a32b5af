"""Roles, and clients with the credentials that STS gives out."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import REGION, client_config

HOUR_S = 3600


def client(server: LocalServer, service: str, credentials: dict[str, Any]) -> Any:
    """Returns a client with the credentials, as an answer has them."""
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=client_config(),
    )


def refused(call: Any, **params: Any) -> tuple[str, str, int]:
    """Returns code, text and status of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def role(server: LocalServer, name: str, principal: Any, *actions: str, **more: Any) -> str:
    """Returns the ARN of a new role that trusts the principal and may do the actions."""
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more
    iam = server.client("iam")
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        MaxSessionDuration=2 * HOUR_S,
    )["Role"]
    if actions:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow(*actions))
    return str(made["Arn"])


def allow(*actions: str) -> str:
    """Returns a policy that allows the actions on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})
