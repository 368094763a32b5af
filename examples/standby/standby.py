"""A pipeline set up twice from one script, and switched over by hand.

    python examples/standby/standby.py set-up      # everything on both servers
    python examples/standby/standby.py status      # which one is active, and what each has
    python examples/standby/standby.py switch      # the other one is active; what it lacks is copied first

``PRIMARY_URL`` and ``STANDBY_URL`` are the two servers; region and credentials as usual. Which one is active is said by
a parameter on both: producers ask for it before they upload (``active``), the pipelines do not ask. Both are set up
alike, so that nothing has to be made in a hurry; setting up again changes nothing.
"""

import os
import sys
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aws import allow, make_function, make_role, on_upload

HERE = Path(__file__).parent
BUCKET, FUNCTION, ACTIVE = "standby-files", "standby-process", "/standby/active"
PRIMARY, STANDBY = "primary", "standby"


def set_up(client, active):
    """Makes the pipeline on one server, as far as it is not there; ``active`` is the name of the active server."""
    once(client("s3").create_bucket, Bucket=BUCKET)
    client("ssm").put_parameter(Name=ACTIVE, Value=active, Type="String", Overwrite=True)
    if FUNCTION in {found["FunctionName"] for found in client("lambda").list_functions()["Functions"]}:
        return
    role = make_role(client, FUNCTION, allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/*"))
    function = make_function(client, FUNCTION, HERE / "functions" / "process.py", role)
    on_upload(client, BUCKET, function, prefix="in/")


def active(clients):
    """Returns the name of the active server, as the first that answers says."""
    for client in clients.values():
        try:
            return client("ssm").get_parameter(Name=ACTIVE)["Parameter"]["Value"]
        except EndpointConnectionError:
            continue
    raise SystemExit("neither server answers")


def switch(clients):
    """Makes the other server active, and returns its name; what it lacks is copied first if the old one answers."""
    former = active(clients)
    new = STANDBY if former == PRIMARY else PRIMARY
    try:
        copied = copy(clients[former], clients[new])
        print(f"copied {copied} files to {new}")
    except EndpointConnectionError:
        print(f"{former} does not answer: nothing is copied")
    for name in (new, former):  # the new one first: it is the one that is known to be there
        try:
            clients[name]("ssm").put_parameter(Name=ACTIVE, Value=new, Type="String", Overwrite=True)
        except EndpointConnectionError:
            print(f"{name} does not answer: set it up again before it is used")
    return new


def copy(source, target):
    """Copies what came in and is not on the target, where its upload starts the pipeline; returns how many files."""
    there = keys(target)
    missing = [key for key in keys(source) if key.startswith("in/") and key not in there]
    for key in missing:
        body = source("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
        target("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return len(missing)


def keys(client):
    """Returns the keys of all files."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    return {found["Key"] for page in pages for found in page.get("Contents", [])}


def once(make, **settings):
    """Makes what is not there yet."""
    try:
        make(**settings)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


def main(command):
    """Does what the command says with the two servers of the environment."""
    clients = {
        PRIMARY: partial(boto3.client, endpoint_url=os.environ["PRIMARY_URL"]),
        STANDBY: partial(boto3.client, endpoint_url=os.environ["STANDBY_URL"]),
    }
    if command == "set-up":
        for client in clients.values():
            set_up(client, PRIMARY)
    elif command == "switch":
        print("active:", switch(clients))
    else:
        print("active:", active(clients))
        for name, client in clients.items():
            print(f"{name}: {len(keys(client))} files")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "status")
