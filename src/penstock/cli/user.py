"""``penstock user``: keys of one's own for a person or a machine, so that nobody needs root's."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from penstock.cli.connection import Connection
from penstock.errors import StartError

_AWS = "arn:aws:iam::aws:policy/"


def add_user(flags: Mapping[str, object], name: str, policies: Sequence[str], *, as_json: bool) -> None:
    """Makes a user with a key, and prints it, which is shown this once; StartError when that cannot be.

    Each of ``policies`` is the ARN of a managed policy, the name of one of AWS's, or a file with a document.
    """
    from botocore.exceptions import ClientError

    iam = _iam(Connection.find(flags))
    documents = {policy: _document(policy) for policy in policies}
    try:
        user = iam.create_user(UserName=name)["User"]
        try:
            for policy, document in documents.items():
                _give(iam, name, policy, document)
            key = iam.create_access_key(UserName=name)["AccessKey"]
        except ClientError:
            _take_back(iam, name)
            raise
    except ClientError as error:
        told = error.response["Error"]
        raise StartError(f"{told['Code']}: {told['Message']}") from None
    _print(user["Arn"], key, as_json=as_json)


def _document(policy: str) -> str | None:
    """Returns the document in the file of that name, None when it is no file but the name or ARN of a policy."""
    path = Path(policy)
    if policy.startswith("arn:") or not (path.suffix or path.exists()):
        return None
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise StartError(f"the policy {policy} cannot be read: {error}") from None


def _give(iam: Any, name: str, policy: str, document: str | None) -> None:
    if document is not None:
        iam.put_user_policy(UserName=name, PolicyName=Path(policy).stem, PolicyDocument=document)
    else:
        arn = policy if policy.startswith("arn:") else _AWS + policy
        iam.attach_user_policy(UserName=name, PolicyArn=arn)


def _take_back(iam: Any, name: str) -> None:
    """Deletes a user whom nobody has got the key of."""
    for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)


def _print(arn: str, key: Mapping[str, Any], *, as_json: bool) -> None:
    shown = {"arn": arn, "access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    if as_json:
        sys.stdout.write(orjson.dumps(shown).decode() + "\n")
        return
    sys.stdout.write(f"# {arn}; the secret is shown this once\n")
    sys.stdout.write(f"export AWS_ACCESS_KEY_ID={key['AccessKeyId']}\n")
    sys.stdout.write(f"export AWS_SECRET_ACCESS_KEY={key['SecretAccessKey']}\n")


def _iam(connection: Connection) -> Any:
    import boto3
    from botocore.config import Config

    bundle = connection.endpoint.ca_bundle
    return boto3.client(
        "iam",
        endpoint_url=connection.endpoint.url,
        region_name=connection.region,
        aws_access_key_id=connection.credential.access_key_id,
        aws_secret_access_key=connection.credential.secret,
        verify=str(bundle) if bundle else None,
        config=Config(retries={"total_max_attempts": 1}),
    )
