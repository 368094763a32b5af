"""Roles that anybody may assume, and their clients."""

from collections.abc import Callable
from typing import Any

from penstock.testing import LocalServer
from tests.kit.functions import client, make_role

ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def clients_of(server: LocalServer, name: str, *actions: str) -> Callable[[str], Any]:
    """Returns what makes clients, by service, of the new role ``name`` that may do ``actions`` on everything."""
    role = make_role(server, name, *actions, trust=ANYBODY)
    found = client(server, "sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    keys = {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }
    return lambda service: server.client(service, **keys)
